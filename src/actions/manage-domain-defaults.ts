import {
  badDomainField,
  DEFAULT_PASSWORD_OWNER,
  type DomainDefaults,
  passwordOwner,
} from '#domain/client-settings.js';
import type { Host } from '#domain/host.js';
import type { DomainDefaultsChanges } from '#store/domain-defaults.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';

/** What people say; what is not named stays, and "" takes it away. */
export interface DomainDefaultsOrder {
  readonly domain?: string;
  readonly ou?: string;
  readonly domainUser?: string;
  readonly domainPassword?: string;
}

/** Throws DOMAIN_DEFAULT_BAD, SECRET_KEY_UNUSABLE. Resolves when durable. */
export async function changeDomainDefaults(
  { store, domainDefaults, secrets }: Context,
  { domainPassword, ...texts }: DomainDefaultsOrder,
): Promise<DomainDefaults> {
  const field = badDomainField({ ...texts, domainPassword });
  if (field !== undefined) throw actionErrors.DOMAIN_DEFAULT_BAD({ field });
  const sealed = domainPassword ? await secrets.seal(domainPassword, DEFAULT_PASSWORD_OWNER) : null;
  await store.commit(() =>
    domainDefaults.change({ ...texts, ...(domainPassword === undefined ? {} : { domainPassword: sealed }) }),
  );
  return domainDefaults.get();
}

/**
 * What a host that is to join a domain gets: what it neither has nor is told (`said`), and nothing where its domain is another. An account
 * goes with its password, or not at all. Rejects with SECRET_KEY_UNUSABLE, SECRET_KEY_LOST or SECRET_UNREADABLE.
 */
export async function defaultsFor(
  { clientSettings, domainDefaults, secrets }: Context,
  host: Host,
  said: DomainDefaultsOrder,
): Promise<DomainDefaultsChanges> {
  const [own, defaults] = [clientSettings.get(host.id), domainDefaults.get()];
  const agrees = (field: 'domain' | 'domainUser') => {
    const value = said[field] ?? own[field];
    return value === '' || value.toLowerCase() === defaults[field].toLowerCase();
  };
  const lacks = (field: 'domain' | 'ou' | 'domainUser') => said[field] === undefined && own[field] === '';
  if (!agrees('domain')) return {};
  const sealed = domainDefaults.domainPassword();
  const wantsPassword =
    sealed !== null && agrees('domainUser') && said.domainPassword === undefined && !own.hasDomainPassword;
  return {
    ...(lacks('domain') ? { domain: defaults.domain } : {}),
    ...(lacks('ou') ? { ou: defaults.ou } : {}),
    ...(lacks('domainUser') ? { domainUser: defaults.domainUser } : {}),
    ...(wantsPassword
      ? {
          domainPassword: await secrets.seal(
            await secrets.open(sealed, DEFAULT_PASSWORD_OWNER),
            passwordOwner(host),
          ),
        }
      : {}),
  };
}

import {
  badDomainField,
  type ClientSettings,
  type ClientSettingsView,
  isSecretTime,
  passwordOwner,
} from '#domain/client-settings.js';
import { primaryMac } from '#domain/host.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { defaultsFor } from './manage-domain-defaults.js';
import { findHost } from './manage-hosts.js';

/** What people say; what is not named stays, and "" takes a text away. */
export type ClientSettingsOrder = Partial<
  Pick<
    ClientSettings,
    'enforce' | 'joinDomain' | 'domain' | 'ou' | 'domainUser' | 'autoLogoutMinutes' | 'display'
  >
> & { readonly domainPassword?: string };

/** Throws HOST_UNKNOWN. */
export function describeClientSettings(context: Context, key: string): ClientSettingsView {
  const { clientSettings, settings, clock } = context;
  const host = findHost(context, key);
  const { printerMode: _, ...own } = clientSettings.get(host.id);
  return {
    host: host.name,
    ...own,
    hasProductKey: host.productKey !== '',
    tellsSecrets: isSecretTime(host, own, settings.client.secret_hours, clock.now()),
  };
}

/**
 * Changes what is named; a host that is to join a domain from now on gets from the defaults what it lacks for that. Throws HOST_UNKNOWN,
 * CLIENT_SETTING_BAD, DOMAIN_INCOMPLETE, SECRET_KEY_UNUSABLE, SECRET_KEY_LOST, SECRET_UNREADABLE. Resolves when durable.
 */
export async function changeClientSettings(
  context: Context,
  key: string,
  order: ClientSettingsOrder,
): Promise<ClientSettingsView> {
  const { store, clientSettings, secrets } = context;
  const { domainPassword, display, ...rest } = order;
  const host = findHost(context, key);
  const field = badDomainField(order);
  if (field !== undefined) throw actionErrors.CLIENT_SETTING_BAD({ name: host.name, field });
  const sealed =
    domainPassword === undefined || domainPassword === ''
      ? null
      : await secrets.seal(domainPassword, passwordOwner(host));
  const minutes = rest.autoLogoutMinutes ?? 0;
  if (minutes > 0 && minutes < 5)
    throw actionErrors.CLIENT_SETTING_BAD({ name: host.name, field: 'autoLogoutMinutes' });
  const begins = rest.joinDomain === true && !clientSettings.get(host.id).joinDomain;
  const copied = begins ? await defaultsFor(context, host, order) : {};
  await store.commit(() => {
    clientSettings.change(host.id, {
      ...copied,
      ...rest,
      ...(domainPassword === undefined ? {} : { domainPassword: sealed }),
      ...(display === undefined
        ? {}
        : {
            displayWidth: display?.width ?? null,
            displayHeight: display?.height ?? null,
            displayRefresh: display?.refresh ?? null,
          }),
    });
    // The client logs an error at each cycle, and joins nothing, where one is missing.
    const { joinDomain, domain, domainUser, hasDomainPassword } = clientSettings.get(host.id);
    if (joinDomain && (domain === '' || domainUser === '' || !hasDomainPassword))
      throw actionErrors.DOMAIN_INCOMPLETE({ name: host.name });
  });
  return describeClientSettings(context, host.name);
}

/** Lets the client of a host be told its secrets for a time from now on. Throws HOST_UNKNOWN. Resolves when durable. */
export async function tellSecrets(context: Context, key: string, actor: string): Promise<ClientSettingsView> {
  const { store, clientSettings, settings, clock, recorder } = context;
  const host = findHost(context, key);
  const secretsUntil = clock.now() + settings.client.secret_hours * 3_600_000;
  await store.commit(() => clientSettings.change(host.id, { secretsUntil }));
  recorder.record({
    service: 'fogd',
    event: 'client-secrets',
    outcome: 'answered',
    who: { mac: primaryMac(host) },
    reasons: [],
    facts: { actor, hours: settings.client.secret_hours },
  });
  return describeClientSettings(context, host.name);
}

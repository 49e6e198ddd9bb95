import type { Host } from './host.js';
import type { PrinterMode } from './printer.js';

/** What the modules of FOG Client are to do on one host (data-model 2.1, FOG's AD*, hostEnforce). */
export interface ClientSettings {
  /** Renames and joins also while somebody works; null: as the setting says. */
  readonly enforce: boolean | null;
  readonly joinDomain: boolean;
  /** DNS name. */
  readonly domain: string;
  /** Where in the domain; empty: where the domain puts it. */
  readonly ou: string;
  readonly domainUser: string;
  readonly hasDomainPassword: boolean;
  /** Until when an admin wants the secrets told, milliseconds since the epoch; null: never. */
  readonly secretsUntil: number | null;
  /** 0: never; null: as the setting says. */
  readonly autoLogoutMinutes: number | null;
  /** Null: as the settings say. */
  readonly display: Display | null;
  readonly printerMode: PrinterMode;
}

/** What a host is given when it is to join a domain and has none of its own (FOG_AD_DEFAULT_*). */
export type DomainDefaults = Pick<ClientSettings, 'domain' | 'ou' | 'domainUser' | 'hasDomainPassword'>;

/** The same as people are told it: without secrets. */
export interface ClientSettingsView extends Omit<ClientSettings, 'printerMode'> {
  readonly host: string;
  readonly hasProductKey: boolean;
  /** Whether its client is told password and product key at its next poll. */
  readonly tellsSecrets: boolean;
}

/** In pixels and Hz. */
export interface Display {
  readonly width: number;
  readonly height: number;
  readonly refresh: number;
}

/** Clients compare the addresses of a DNS name with those of their domain; a NetBIOS name has none (spec client-protocol 6). */
export function isDomainName(text: string): boolean {
  return (
    text.length <= 253 &&
    /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/.test(text)
  );
}

/** A distinguished name. `;` and `|` are FOG's own marks between several; on macOS the client gives it to a shell without quotes. */
export function isOrganisationalUnit(text: string): boolean {
  return /^(OU|CN|DC)=[^\p{Cc}\p{Cf};|"'`$<>&()]{1,500}$/iu.test(text);
}

/** `joiner`, `DOMAIN\joiner` or `joiner@example.org`. */
export function isDomainUser(text: string): boolean {
  return (
    text.length <= 256 &&
    /^([^\p{Cc}\p{Cf}\s\\@"/[\]:;|=,+*?<>'`$&()]+\\)?[^\p{Cc}\p{Cf}\\@"/[\]:;|=,+*?<>'`$&()]+(@[A-Za-z0-9.-]+)?$/u.test(
      text,
    )
  );
}

export function isDomainPassword(text: string): boolean {
  return /^[^\p{Cc}]{1,256}$/u.test(text);
}

const TEXTS: Readonly<Record<string, (text: string) => boolean>> = {
  domain: isDomainName,
  ou: isOrganisationalUnit,
  domainUser: isDomainUser,
  domainPassword: isDomainPassword,
};

/** Name of the first field with a text that cannot be. "" takes a text away. */
export function badDomainField(texts: Readonly<Record<string, unknown>>): string | undefined {
  const bad = ([field, value]: [string, unknown]) =>
    typeof value === 'string' && value !== '' && TEXTS[field]?.(value) === false;
  return Object.entries(texts).find(bad)?.[0];
}

/** Under which name the password of a host is sealed: in the row of another one it does not open. */
export function passwordOwner({ id, createdAt }: Pick<Host, 'id' | 'createdAt'>): string {
  return `domain password of host ${id} of ${createdAt}`;
}

/** The same for that of the defaults. */
export const DEFAULT_PASSWORD_OWNER = 'default domain password';

/** As the client hands it to Windows (spec client-protocol 6). */
export function qualifiedUser(user: string, domain: string): string {
  return user === '' || /[\\@]/.test(user) ? user : `${domain}\\${user}`;
}

/** Whether passwords and keys may be told now: for a time after a deploy, and when an admin wants it (spec client-protocol 10.2). */
export function isSecretTime(
  host: { readonly deployedAt: number | null },
  { secretsUntil }: Pick<ClientSettings, 'secretsUntil'>,
  hours: number,
  now: number,
): boolean {
  return now < (secretsUntil ?? 0) || (host.deployedAt !== null && now < host.deployedAt + hours * 3_600_000);
}

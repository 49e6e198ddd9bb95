import type { ClientSettings } from '#domain/client-settings.js';
import type { PrinterMode } from '#domain/printer.js';
import type { Store } from './store.js';

interface Row {
  enforce: number | null;
  join_domain: number;
  domain: string;
  ou: string;
  domain_user: string;
  domain_password: Buffer | null;
  secrets_until: number | null;
  autologout_minutes: number | null;
  display_width: number | null;
  display_height: number | null;
  display_refresh: number | null;
  printer_mode: PrinterMode;
}

export type ClientSettingsChanges = Partial<Omit<ClientSettings, 'hasDomainPassword' | 'display'>> & {
  readonly displayWidth?: number | null;
  readonly displayHeight?: number | null;
  readonly displayRefresh?: number | null;
  /** Sealed; null: none. */
  readonly domainPassword?: Buffer | null;
};

const COLUMNS: Readonly<Record<keyof ClientSettingsChanges, string>> = {
  enforce: 'enforce',
  joinDomain: 'join_domain',
  domain: 'domain',
  ou: 'ou',
  domainUser: 'domain_user',
  domainPassword: 'domain_password',
  secretsUntil: 'secrets_until',
  autoLogoutMinutes: 'autologout_minutes',
  displayWidth: 'display_width',
  displayHeight: 'display_height',
  displayRefresh: 'display_refresh',
  printerMode: 'printer_mode',
};

const NONE: Row = {
  enforce: null,
  join_domain: 0,
  domain: '',
  ou: '',
  domain_user: '',
  domain_password: null,
  secrets_until: null,
  autologout_minutes: null,
  display_width: null,
  display_height: null,
  display_refresh: null,
  printer_mode: 'off',
};

/** What the modules of FOG Client are to do, by the number of their host. Methods that write must run inside `store.commit`. */
export class ClientSettingsRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(hostId: number): ClientSettings {
    const row = this.#row(hostId);
    const { display_width: width, display_height: height, display_refresh: refresh } = row;
    return {
      enforce: row.enforce === null ? null : row.enforce === 1,
      joinDomain: row.join_domain === 1,
      domain: row.domain,
      ou: row.ou,
      domainUser: row.domain_user,
      hasDomainPassword: row.domain_password !== null,
      secretsUntil: row.secrets_until,
      printerMode: row.printer_mode,
      autoLogoutMinutes: row.autologout_minutes,
      display: width === null || height === null || refresh === null ? null : { width, height, refresh },
    };
  }

  /** Sealed. */
  domainPassword(hostId: number): Buffer | null {
    return this.#row(hostId).domain_password;
  }

  /** Sets what is named. */
  change(hostId: number, changes: ClientSettingsChanges): void {
    this.#store.prepare('INSERT OR IGNORE INTO client_settings (host_id) VALUES (?)').run(hostId);
    for (const [field, value] of Object.entries(changes))
      this.#store
        .prepare(
          `UPDATE client_settings SET ${COLUMNS[field as keyof ClientSettingsChanges]} = ? WHERE host_id = ?`,
        )
        .run(typeof value === 'boolean' ? Number(value) : value, hostId);
  }

  #row(hostId: number): Row {
    const row = this.#store.prepare('SELECT * FROM client_settings WHERE host_id = ?').get(hostId);
    return (row as Row | undefined) ?? NONE;
  }
}

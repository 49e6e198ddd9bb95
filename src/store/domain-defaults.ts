import type { DomainDefaults } from '#domain/client-settings.js';
import type { Store } from './store.js';

interface Row {
  domain: string;
  ou: string;
  domain_user: string;
  domain_password: Buffer | null;
}

export type DomainDefaultsChanges = Partial<Omit<DomainDefaults, 'hasDomainPassword'>> & {
  /** Sealed; null: none. */
  readonly domainPassword?: Buffer | null;
};

const COLUMNS: Readonly<Record<keyof DomainDefaultsChanges, string>> = {
  domain: 'domain',
  ou: 'ou',
  domainUser: 'domain_user',
  domainPassword: 'domain_password',
};

/** What hosts are given that are to join a domain. Methods that write must run inside `store.commit`. */
export class DomainDefaultsRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(): DomainDefaults {
    const { domain, ou, domain_user: domainUser, domain_password: password } = this.#row();
    return { domain, ou, domainUser, hasDomainPassword: password !== null };
  }

  /** Sealed. */
  domainPassword(): Buffer | null {
    return this.#row().domain_password;
  }

  /** Sets what is named. */
  change(changes: DomainDefaultsChanges): void {
    for (const [field, value] of Object.entries(changes))
      this.#store
        .prepare(`UPDATE domain_defaults SET ${COLUMNS[field as keyof DomainDefaultsChanges]} = ?`)
        .run(value);
  }

  #row(): Row {
    return this.#store.prepare('SELECT * FROM domain_defaults').get() as Row;
  }
}

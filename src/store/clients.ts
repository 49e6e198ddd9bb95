import type { ClientTrust } from '#domain/client-trust.js';
import type { Store } from './store.js';

interface TrustRow {
  presented: Buffer | null;
  given: Buffer;
  salt: Buffer;
  proofs: Buffer;
  since: number;
  renewed_at: number;
  address: string;
}

/** When and from where a FOG Client was last heard of. */
export interface ClientContact {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly address: string;
  /** What its behaviour says of its version; empty while it said nothing. */
  readonly line: string;
}

const HASH_BYTES = 32;
/** A client whose answers are lost comes every two minutes. */
const MOST_PROOFS = 64;

/** What is known of FOG Clients, by the number of their host. Methods that write must run inside `store.commit`. */
export class ClientRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  trust(hostId: number): ClientTrust | undefined {
    const row = this.#store.prepare('SELECT * FROM client_trust WHERE host_id = ?').get(hostId) as
      | TrustRow
      | undefined;
    if (!row) return undefined;
    const proofs = row.proofs.toString('hex').match(new RegExp(`.{${HASH_BYTES * 2}}`, 'g')) ?? [];
    return {
      presented: row.presented?.toString('hex') ?? null,
      given: row.given.toString('hex'),
      salt: row.salt,
      proofs,
      since: row.since,
      renewedAt: row.renewed_at,
      address: row.address,
    };
  }

  keepTrust(hostId: number, trust: ClientTrust): void {
    const bytes = (hex: string) => Buffer.from(hex, 'hex');
    this.#store
      .prepare(
        `INSERT OR REPLACE INTO client_trust (host_id, presented, given, salt, proofs, since, renewed_at, address)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        hostId,
        trust.presented === null ? null : bytes(trust.presented),
        bytes(trust.given),
        trust.salt,
        bytes(trust.proofs.slice(-MOST_PROOFS).join('')),
        trust.since,
        trust.renewedAt,
        trust.address,
      );
  }

  /** The next machine that comes as this host is trusted. */
  forgetTrust(hostId: number): void {
    this.#store.prepare('DELETE FROM client_trust WHERE host_id = ?').run(hostId);
  }

  contact(hostId: number): ClientContact | undefined {
    return this.#store
      .prepare('SELECT at, address, line FROM client_contacts WHERE host_id = ?')
      .get(hostId) as ClientContact | undefined;
  }

  /** Of a host that may be gone by now. */
  keepContact(hostId: number, { at, address, line }: ClientContact): void {
    this.#store
      .prepare(
        `INSERT OR REPLACE INTO client_contacts (host_id, at, address, line)
         SELECT id, ?, ?, ? FROM hosts WHERE id = ?`,
      )
      .run(at, address, line, hostId);
  }

  /** Keys of the modules that are off for this host. */
  modulesOff(hostId: number): string[] {
    return this.#store
      .prepare('SELECT module FROM client_modules_off WHERE host_id = ? ORDER BY module')
      .pluck()
      .all(hostId) as string[];
  }

  switchModule(hostId: number, module: string, on: boolean): void {
    const sql = on
      ? 'DELETE FROM client_modules_off WHERE host_id = ? AND module = ?'
      : 'INSERT OR IGNORE INTO client_modules_off (host_id, module) VALUES (?, ?)';
    this.#store.prepare(sql).run(hostId, module);
  }
}

import type { Lease, LeaseStore } from '#services/dhcp/lease.js';
import { toNumber, toText } from '#settings/ipv4.js';
import type { Store } from './store.js';

export type { Lease };

interface LeaseRow {
  address: string;
  mac: string;
  client_id: string | null;
  hostname: string | null;
  state: Lease['state'];
  granted_at: number;
  expires_at: number;
}

/** DHCP leases, one row per address. */
export class LeaseRepository implements LeaseStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  load(): Lease[] {
    const rows = this.#store
      .prepare('SELECT * FROM dhcp_leases ORDER BY granted_at, expires_at')
      .all() as LeaseRow[];
    return rows.map((row) => ({
      address: toNumber(row.address),
      mac: row.mac,
      clientId: row.client_id ?? undefined,
      hostname: row.hostname ?? undefined,
      state: row.state,
      grantedAt: row.granted_at,
      expiresAt: row.expires_at,
    }));
  }

  /** Whom an address is leased to at that time. */
  macOf(address: string, now: number): string | undefined {
    return this.#store
      .prepare('SELECT mac FROM dhcp_leases WHERE address = ? AND state = ? AND expires_at > ?')
      .pluck()
      .get(address, 'bound' satisfies Lease['state'], now) as string | undefined;
  }

  /** Commits by itself: resolves when the leases are durable. */
  async save(leases: readonly Lease[]): Promise<void> {
    await this.#store.commitTogether(() => {
      const put = this.#store.prepare(
        `INSERT INTO dhcp_leases (address, mac, client_id, hostname, state, granted_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (address) DO UPDATE SET mac = excluded.mac, client_id = excluded.client_id, hostname = excluded.hostname,
           state = excluded.state, granted_at = excluded.granted_at, expires_at = excluded.expires_at`,
      );
      for (const lease of leases) {
        put.run(
          toText(lease.address),
          lease.mac,
          lease.clientId ?? null,
          lease.hostname ?? null,
          lease.state,
          lease.grantedAt,
          lease.expiresAt,
        );
      }
    });
  }
}

import type { Lease, LeaseStore } from '#services/dhcp/lease.js';
import { toNumber, toText } from '#settings/ipv4.js';
import { contains, like, type Page, type PageQuery, readPage, when } from './page.js';
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

export const LEASE_SORTS = ['address', 'grantedAt', 'expiresAt'] as const;

export interface LeaseQuery extends PageQuery {
  /** Also those that are over; default: those that hold now. */
  readonly all?: boolean;
  readonly state?: Lease['state'] | 'expired';
  readonly mac?: string;
}

/** A lease with the host that fogd knows the MAC as. */
export interface LeaseRecord extends Lease {
  readonly host: string | null;
}

/** Addresses in their order: as text, .10 would come before .9. */
const NUMBER = `CASE WHEN instr(l.address, ':') THEN l.address ELSE (
  SELECT sum(value << (8 * (3 - key))) FROM json_each('[' || replace(l.address, '.', ',') || ']')) END`;

/** Hosts with their MACs, without what waits for approval. */
const OWNER = 'host_macs m JOIN hosts h ON h.id = m.host_id AND m.pending = 0 AND h.pending = 0';

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
    return rows.map(lease);
  }

  /** `q`: part of an address, a MAC, or the name of a host or machine. A lease that ran out is `expired`, unless it was given back. */
  page(query: LeaseQuery, now: number): Page<LeaseRecord> {
    const over = "l.state <> 'released' AND l.expires_at <= ?";
    const holds = { sql: "l.state <> 'released' AND l.expires_at > ?", values: [now] };
    const { items, total } = readPage<LeaseRow>(
      this.#store,
      {
        columns: 'l.*',
        from: 'dhcp_leases l',
        where: [
          ...(query.all === true || query.state !== undefined ? [] : [holds]),
          ...(query.state === 'expired' ? [{ sql: over, values: [now] }] : when(query.state, 'l.state = ?')),
          ...(query.state === 'bound' || query.state === 'declined' ? [holds] : []),
          ...when(query.mac, 'l.mac = ?'),
          ...contains(
            query.q,
            like('l.address'),
            like('l.mac'),
            like('l.hostname'),
            `l.mac IN (SELECT m.mac FROM ${OWNER} WHERE ${like('h.name')})`,
          ),
        ],
        sorts: { address: NUMBER, grantedAt: 'l.granted_at', expiresAt: 'l.expires_at' },
        sort: 'address',
        key: 'l.address',
      },
      query,
    );
    const owners = this.#store
      .prepare(`SELECT m.mac, h.name FROM ${OWNER} WHERE m.mac IN (SELECT value FROM json_each(?))`)
      .all(JSON.stringify(items.map(({ mac }) => mac))) as { mac: string; name: string }[];
    const names = new Map(owners.map(({ mac, name }) => [mac, name]));
    return { items: items.map((row) => ({ ...lease(row), host: names.get(row.mac) ?? null })), total };
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

function lease(row: LeaseRow): Lease {
  return {
    address: toNumber(row.address),
    mac: row.mac,
    clientId: row.client_id ?? undefined,
    hostname: row.hostname ?? undefined,
    state: row.state,
    grantedAt: row.granted_at,
    expiresAt: row.expires_at,
  };
}

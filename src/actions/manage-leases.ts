import { isIPv4 } from 'node:net';
import { toNumber, toText } from '#settings/ipv4.js';
import type { Lease, LeaseQuery } from '#store/leases.js';
import type { Page } from '#store/page.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';

/** DHCP leases as people read them. Times are milliseconds since the epoch. */
export interface LeaseView {
  readonly address: string;
  readonly mac: string;
  /** The host that fogd knows the MAC as. */
  readonly host: string | null;
  /** What the machine calls itself; hostile text. */
  readonly hostname: string | null;
  /** Client identifier in hex, where the machine is known by that. */
  readonly clientId: string | null;
  readonly state: 'bound' | 'expired' | 'released' | 'declined';
  readonly grantedAt: number;
  readonly expiresAt: number;
}

function view({ clock }: Context, lease: Lease, host: string | undefined): LeaseView {
  const { mac, hostname, clientId, grantedAt, expiresAt } = lease;
  const isOver = lease.state !== 'released' && expiresAt <= clock.now();
  return {
    address: toText(lease.address),
    mac,
    host: host ?? null,
    hostname: hostname ?? null,
    clientId: clientId ?? null,
    state: isOver ? 'expired' : lease.state,
    grantedAt,
    expiresAt,
  };
}

/** By address unless sorted otherwise. */
export function listLeases(context: Context, query: LeaseQuery): Page<LeaseView> {
  const { items, total } = context.leases.page(query, context.clock.now());
  return { items: items.map((lease) => view(context, lease, lease.host ?? undefined)), total };
}

/** By address or MAC; the newest where a MAC has several. Throws LEASE_UNKNOWN. */
export function findLease(context: Context, key: string): LeaseView {
  const wanted = key.toLowerCase();
  const found = context.leases
    .load()
    .findLast(({ address, mac }) => toText(address) === wanted || mac === wanted);
  if (found === undefined) throw actionErrors.LEASE_UNKNOWN({ key });
  return view(context, found, context.hosts.nameOfMac(found.mac));
}

/** Takes an address out of a machine's hands. Resolves when durable. Throws LEASE_UNKNOWN, DHCP_LEASE_UNKNOWN. */
export async function releaseLease(context: Context, address: string): Promise<LeaseView> {
  if (!isIPv4(address)) throw actionErrors.LEASE_UNKNOWN({ key: address });
  const released = await context.releaseLease(toNumber(address));
  return view(context, released, context.hosts.nameOfMac(released.mac));
}

import { parseCidr, parseRange, toNumber } from '#settings/ipv4.js';
import type { DhcpSettings } from '#settings/schema.js';
import type { Link } from './link.js';
import { Option } from './options/codes.js';
import { addresses, type OptionMap, text, uint32 } from './options/values.js';

export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** A subnet in the form in which packets ask for it: numbers, and options already encoded. */
export interface CompiledSubnet {
  /** As written in the settings, `10.0.0.0/24`. */
  readonly text: string;
  readonly network: number;
  readonly broadcast: number;
  readonly ranges: readonly AddressRange[];
  /** Addresses inside the ranges that are never leased, such as the router's. */
  readonly excluded: ReadonlySet<number>;
  /** What a machine in this subnet is told about it, whoever asks (mask, broadcast, router, DNS, domain). */
  readonly networkOptions: OptionMap;
  /** Lease time, T1 and T2; not part of an answer to INFORM (RFC 2131 section 4.3.5). */
  readonly timeOptions: OptionMap;
}

export interface CompiledDhcp {
  readonly mode: DhcpSettings['mode'];
  readonly leaseMs: number;
  readonly subnets: readonly CompiledSubnet[];
  /**
   * The ranges are ours alone: a wrong address is refused (NAK), and a machine that comes back with an address of a range after our
   * records were lost gets it again.
   */
  readonly authoritative: boolean;
}

/** Done once per configuration, not per packet. Settings are valid here (settings/load.ts). */
export function compileDhcp(settings: DhcpSettings): CompiledDhcp {
  const seconds = settings.lease_seconds;
  // T1 and T2 as RFC 2131 section 4.4.5 suggests.
  const times = new Map([
    [Option.LEASE_TIME, uint32(seconds)],
    [Option.RENEWAL_TIME, uint32(Math.floor(seconds / 2))],
    [Option.REBINDING_TIME, uint32(Math.floor(seconds * 0.875))],
  ]);
  return {
    mode: settings.mode,
    leaseMs: seconds * 1000,
    authoritative: true,
    subnets: settings.subnets.flatMap((subnet) => compileSubnet(subnet, times) ?? []),
  };
}

function compileSubnet(
  subnet: DhcpSettings['subnets'][number],
  times: OptionMap,
): CompiledSubnet | undefined {
  const net = parseCidr(subnet.network);
  if (!net) return undefined;
  const options = new Map<number, Buffer>([
    [Option.SUBNET_MASK, addresses(net.mask)],
    [Option.BROADCAST, addresses(net.broadcast)],
  ]);
  const excluded = new Set<number>();
  if (subnet.router !== undefined) {
    options.set(Option.ROUTER, addresses(toNumber(subnet.router)));
    excluded.add(toNumber(subnet.router));
  }
  if (subnet.dns !== undefined && subnet.dns.length > 0) {
    options.set(Option.DNS, addresses(...subnet.dns.map(toNumber)));
    for (const server of subnet.dns) excluded.add(toNumber(server));
  }
  if (subnet.domain !== undefined) options.set(Option.DOMAIN_NAME, text(subnet.domain));
  return {
    text: subnet.network,
    network: net.network,
    broadcast: net.broadcast,
    ranges: subnet.ranges.flatMap((range) => parseRange(range) ?? []),
    excluded,
    networkOptions: options,
    timeOptions: times,
  };
}

export function contains(subnet: CompiledSubnet, address: number): boolean {
  return address >= subnet.network && address <= subnet.broadcast;
}

export function isLeasable(subnet: CompiledSubnet, address: number): boolean {
  return (
    !subnet.excluded.has(address) &&
    subnet.ranges.some(({ first, last }) => address >= first && address <= last)
  );
}

export function subnetOf(settings: CompiledDhcp, address: number): CompiledSubnet | undefined {
  return settings.subnets.find((subnet) => contains(subnet, address));
}

/** The configured subnet that an interface is in, by any of its addresses. */
export function subnetOfLink(settings: CompiledDhcp, link: Link): CompiledSubnet | undefined {
  for (const address of link.addresses) {
    const subnet = subnetOf(settings, address);
    if (subnet !== undefined) return subnet;
  }
  return undefined;
}

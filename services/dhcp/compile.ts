import { encodeDomains, parseDhcpOption } from '#settings/dhcp-option.js';
import { parseCidr, parseRange, parseRangeOrAddress, parseRoute, toNumber } from '#settings/ipv4.js';
import type { DhcpSettings } from '#settings/schema.js';
import { type AddressRange, isInRanges, without } from './address-ranges.js';
import type { Link } from './link.js';
import { Option } from './options/codes.js';
import { encodeRoutes } from './options/routes.js';
import { addresses, type OptionMap, text, uint32 } from './options/values.js';
import { type CompiledRules, compileRules } from './rules.js';

/** A subnet in the form in which packets ask for it: numbers, and options already encoded. */
export interface CompiledSubnet {
  /** As written in the settings, `10.0.0.0/24`. */
  readonly text: string;
  readonly network: number;
  readonly broadcast: number;
  readonly leaseMs: number;
  /** What a machine in this subnet is told about it, whoever asks: mask, broadcast, router, DNS … */
  readonly networkOptions: OptionMap;
  /** Lease time, T1 and T2; not part of an answer to INFORM (RFC 2131 section 4.3.5). */
  readonly timeOptions: OptionMap;
}

/** One cable: a subnet, or several that share it (`shared_network`). Its machines may get an address of any of them. */
export interface CompiledNetwork {
  /** Its subnets as written, `10.0.0.0/24, 10.1.0.0/24`. */
  readonly text: string;
  readonly subnets: readonly CompiledSubnet[];
  /** What may be leased to anybody, in order, disjoint: without exclusions, routers, name servers and addresses of single machines. */
  readonly leasable: readonly AddressRange[];
}

export interface CompiledDhcp {
  readonly mode: DhcpSettings['mode'];
  readonly networks: readonly CompiledNetwork[];
  /** Classes and single machines. */
  readonly rules: CompiledRules;
  /**
   * The ranges are ours alone: a wrong address is refused (NAK), and a machine that comes back with an address of a range after our
   * records were lost gets it again.
   */
  readonly authoritative: boolean;
  /** Whether an address is looked for on the wire before it is given out for the first time. */
  readonly probe: boolean;
}

/** Done once per configuration, not per packet. Settings are valid here (settings/load.ts). */
export function compileDhcp(settings: DhcpSettings): CompiledDhcp {
  const rules = compileRules(settings);
  const cables = new Map<string, DhcpSettings['subnets'][number][]>();
  for (const subnet of settings.subnets) {
    const name = subnet.shared_network === undefined ? subnet.network : `name ${subnet.shared_network}`;
    cables.set(name, [...(cables.get(name) ?? []), subnet]);
  }
  return {
    mode: settings.mode,
    rules,
    authoritative: settings.authoritative,
    probe: settings.probe,
    networks: [...cables.values()].map((subnets) => ({
      text: subnets.map(({ network }) => network).join(', '),
      subnets: subnets.flatMap((subnet) => compileSubnet(subnet, settings.lease_seconds) ?? []),
      leasable: without(
        subnets.flatMap(({ ranges }) => ranges.flatMap((range) => parseRange(range) ?? [])),
        subnets.flatMap((subnet) => takenIn(subnet, rules)),
      ),
    })),
  };
}

function takenIn(subnet: DhcpSettings['subnets'][number], rules: CompiledRules): AddressRange[] {
  const singles = [subnet.router ?? [], subnet.dns ?? [], subnet.ntp ?? []].flat().map(toNumber);
  return [
    ...(subnet.exclude ?? []).flatMap((text) => parseRangeOrAddress(text) ?? []),
    ...[...singles, ...rules.byAddress.keys()].map((address) => ({ first: address, last: address })),
  ];
}

function compileSubnet(
  subnet: DhcpSettings['subnets'][number],
  defaultSeconds: number,
): CompiledSubnet | undefined {
  const net = parseCidr(subnet.network);
  if (!net) return undefined;
  const options = new Map<number, Buffer>([
    [Option.SUBNET_MASK, addresses(net.mask)],
    [Option.BROADCAST, addresses(net.broadcast)],
  ]);
  const setAddresses = (code: number, list: readonly string[] | undefined) => {
    if (list !== undefined && list.length > 0) options.set(code, addresses(...list.map(toNumber)));
  };
  setAddresses(Option.ROUTER, subnet.router === undefined ? [] : [subnet.router]);
  setAddresses(Option.DNS, subnet.dns);
  setAddresses(Option.NTP, subnet.ntp);
  if (subnet.domain !== undefined) options.set(Option.DOMAIN_NAME, text(subnet.domain));
  if (subnet.search !== undefined && subnet.search.length > 0)
    options.set(Option.DOMAIN_SEARCH, encodeDomains(subnet.search));
  const routes = (subnet.routes ?? []).flatMap((route) => parseRoute(route) ?? []);
  if (routes.length > 0) {
    // A client that takes option 121 ignores option 3 (RFC 3442), so the default route stands in both.
    const hasDefault = subnet.router === undefined || routes.some(({ prefix }) => prefix === 0);
    const gateway = hasDefault ? [] : [{ network: 0, prefix: 0, gateway: toNumber(subnet.router) }];
    options.set(Option.STATIC_ROUTES, encodeRoutes([...routes, ...gateway]));
  }
  for (const one of subnet.options ?? []) {
    const option = parseDhcpOption(one);
    if (option !== undefined) options.set(option.code, option.value);
  }
  const seconds = subnet.lease_seconds ?? defaultSeconds;
  return {
    text: subnet.network,
    network: net.network,
    broadcast: net.broadcast,
    leaseMs: seconds * 1000,
    networkOptions: options,
    timeOptions: timeOptions(seconds),
  };
}

/** Lease time, and T1 and T2 as RFC 2131 section 4.4.5 suggests. */
export function timeOptions(seconds: number): OptionMap {
  return new Map([
    [Option.LEASE_TIME, uint32(seconds)],
    [Option.RENEWAL_TIME, uint32(Math.floor(seconds / 2))],
    [Option.REBINDING_TIME, uint32(Math.floor(seconds * 0.875))],
  ]);
}

function contains(subnet: CompiledSubnet, address: number): boolean {
  return address >= subnet.network && address <= subnet.broadcast;
}

/** The subnet of a network that an address is in. */
export function subnetIn(network: CompiledNetwork, address: number): CompiledSubnet | undefined {
  return network.subnets.find((subnet) => contains(subnet, address));
}

/** Whether anybody may be given the address. */
export function isLeasable(network: CompiledNetwork, address: number): boolean {
  return isInRanges(network.leasable, address);
}

export function networkOf(settings: CompiledDhcp, address: number): CompiledNetwork | undefined {
  return settings.networks.find((network) => subnetIn(network, address) !== undefined);
}

/** The configured network that an interface is in, by any of its addresses. */
export function networkOfLink(settings: CompiledDhcp, link: Link): CompiledNetwork | undefined {
  for (const address of link.addresses) {
    const network = networkOf(settings, address);
    if (network !== undefined) return network;
  }
  return undefined;
}

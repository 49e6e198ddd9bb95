import { isIPv4 } from 'node:net';
import { parseDhcpOption } from './dhcp-option.js';
import {
  parseCidr,
  parseRange,
  parseRangeOrAddress,
  parseRoute,
  type Subnet,
  toNumber,
  toText,
} from './ipv4.js';
import type { Problem } from './problem.js';
import type { DhcpSettings } from './schema.js';

/** Rules between the settings of DHCP that a schema cannot say. */
export function dhcpProblems(dhcp: DhcpSettings): Problem[] {
  const problems: Problem[] = [];
  if (dhcp.mode !== 'off' && dhcp.interfaces.length === 0) {
    problems.push({
      path: 'dhcp.interfaces',
      what: `is empty although dhcp.mode is "${dhcp.mode}"`,
      mend: 'name the interface to answer on, e.g. interfaces = ["eth0"]',
    });
  }
  if (dhcp.mode === 'server' && dhcp.subnets.length === 0) {
    problems.push({
      path: 'dhcp.subnets',
      what: 'is missing although dhcp.mode is "server"',
      mend: 'add [[dhcp.subnets]] with network = "10.0.0.0/24" and ranges = ["10.0.0.100-10.0.0.199"] of your network',
    });
  }
  return [
    ...problems,
    ...networkProblems(dhcp),
    ...rangeProblems(dhcp),
    ...dhcp.subnets.flatMap(subnetProblems),
    ...classProblems(dhcp),
    ...hostProblems(dhcp),
  ];
}

function networkProblems({ subnets }: DhcpSettings): Problem[] {
  return subnets.flatMap(({ network }, index) => {
    const net = parseCidr(network);
    const other = subnets.slice(0, index).findIndex((one) => {
      const earlier = parseCidr(one.network);
      return net && earlier && net.network <= earlier.broadcast && earlier.network <= net.broadcast;
    });
    if (other < 0) return [];
    return [
      {
        path: `dhcp.subnets.${index}.network`,
        what: `"${network}" overlaps dhcp.subnets.${other}.network`,
        mend: 'name each subnet once, with all its ranges',
      },
    ];
  });
}

function rangeProblems({ subnets }: DhcpSettings): Problem[] {
  const problems: Problem[] = [];
  const claimed: Array<{ first: number; last: number; path: string }> = [];
  subnets.forEach((subnet, index) => {
    const net = parseCidr(subnet.network);
    if (!net) return;
    subnet.ranges.forEach((text, rangeIndex) => {
      const range = parseRange(text);
      const path = `dhcp.subnets.${index}.ranges.${rangeIndex}`;
      if (!range) return;
      problems.push(...outside(path, text, range, net, subnet.network));
      const other = claimed.find((one) => range.first <= one.last && one.first <= range.last);
      if (other) {
        problems.push({
          path,
          what: `"${text}" overlaps ${other.path}`,
          mend: 'make the two ranges disjoint, or remove one',
        });
      }
      claimed.push({ ...range, path });
    });
    subnet.exclude?.forEach((text, excludeIndex) => {
      const range = parseRangeOrAddress(text);
      if (range)
        problems.push(
          ...outside(`dhcp.subnets.${index}.exclude.${excludeIndex}`, text, range, net, subnet.network),
        );
    });
  });
  return problems;
}

function outside(
  path: string,
  text: string,
  range: { readonly first: number; readonly last: number },
  net: Subnet,
  network: string,
): Problem[] {
  if (range.first > net.network && range.last < net.broadcast) return [];
  return [
    {
      path,
      what: `"${text}" is not inside ${network}`,
      mend: `use addresses from ${toText(net.network + 1)} to ${toText(net.broadcast - 1)}`,
    },
  ];
}

function subnetProblems(subnet: DhcpSettings['subnets'][number], index: number): Problem[] {
  const net = parseCidr(subnet.network);
  if (!net) return [];
  const path = `dhcp.subnets.${index}`;
  const isInside = (address: number) => address > net.network && address < net.broadcast;
  const problems = optionProblems(path, subnet.options);
  if (subnet.router !== undefined && isIPv4(subnet.router) && !isInside(toNumber(subnet.router))) {
    problems.push({
      path: `${path}.router`,
      what: `"${subnet.router}" is not inside ${subnet.network}`,
      mend: 'name the gateway that this subnet really has, or leave it out',
    });
  }
  subnet.routes?.forEach((text, routeIndex) => {
    const route = parseRoute(text);
    if (route === undefined || isInside(route.gateway)) return;
    problems.push({
      path: `${path}.routes.${routeIndex}`,
      what: `the gateway of "${text}" is not inside ${subnet.network}`,
      mend: 'name a gateway that the machines of this subnet can reach',
    });
  });
  return problems;
}

/** Options that say how DHCP itself goes on: fogd's to set. */
const PROTOCOL = new Map<number, string>([
  [1, 'it follows from network'],
  [28, 'it follows from network'],
  [51, 'set lease_seconds'],
  ...[50, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 82, 93, 94, 97, 118].map(
    (code) => [code, 'it is a part of the protocol: leave it out'] as const,
  ),
]);

function optionProblems(path: string, options: readonly string[] = []): Problem[] {
  return options.flatMap((text, index) => {
    const code = parseDhcpOption(text)?.code ?? 0;
    const mend = PROTOCOL.get(code);
    if (mend === undefined) return [];
    return [{ path: `${path}.options.${index}`, what: `sets option ${code}, which cannot be chosen`, mend }];
  });
}

function classProblems({ classes }: DhcpSettings): Problem[] {
  return classes.flatMap(({ name, options, boot_file, lease_seconds, ...match }, index) => {
    const path = `dhcp.classes.${index}`;
    const problems = optionProblems(path, options);
    if (Object.keys(match).length === 0) {
      problems.push({
        path,
        what: `"${name}" says nothing of the machines that belong to it`,
        mend: 'add arch, mac_prefix, vendor_class, user_class or undi',
      });
    }
    if (options === undefined && boot_file === undefined && lease_seconds === undefined) {
      problems.push({
        path,
        what: `"${name}" gives nothing`,
        mend: 'add boot_file, lease_seconds or options, or remove it',
      });
    }
    return problems;
  });
}

function hostProblems({ mode, hosts, subnets }: DhcpSettings): Problem[] {
  const seen = new Map<string, string>();
  return hosts.flatMap((one, index) => {
    const path = `dhcp.hosts.${index}`;
    const problems = optionProblems(path, one.options);
    const names = [one.mac, one.client_id, one.host].filter((name) => name !== undefined);
    if (names.length !== 1) {
      problems.push({
        path,
        what: `names its machine in ${names.length} ways`,
        mend: 'give it one of mac, client_id and host',
      });
    }
    const gifts = [one.address, one.boot_file, one.lease_seconds, one.options];
    if (gifts.every((gift) => gift === undefined)) {
      problems.push({
        path,
        what: 'gives nothing',
        mend: 'add address, boot_file, lease_seconds or options, or remove it',
      });
    }
    for (const [key, value] of Object.entries({
      mac: one.mac,
      client_id: one.client_id,
      host: one.host,
      address: one.address,
    })) {
      if (value === undefined) continue;
      const other = seen.get(`${key} ${value.toLowerCase()}`);
      seen.set(`${key} ${value.toLowerCase()}`, path);
      if (other === undefined) continue;
      problems.push({
        path: `${path}.${key}`,
        what: `"${value}" is in ${other} already`,
        mend: 'make one entry of the two',
      });
    }
    const { address } = one;
    if (mode !== 'server' || address === undefined || !isIPv4(address)) return problems;
    const isSomewhere = subnets.some(({ network }) => {
      const net = parseCidr(network);
      return net !== undefined && toNumber(address) > net.network && toNumber(address) < net.broadcast;
    });
    if (!isSomewhere) {
      problems.push({
        path: `${path}.address`,
        what: `"${address}" is in no subnet of dhcp.subnets`,
        mend: 'choose an address of one of them, or add its subnet',
      });
    }
    return problems;
  });
}

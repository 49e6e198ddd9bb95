import { parseDhcpOption } from '#settings/dhcp-option.js';
import { toNumber } from '#settings/ipv4.js';
import type { DhcpSettings } from '#settings/schema.js';
import type { Client } from './client.js';

/** `dhcp.hosts` and `dhcp.classes`: what single machines and kinds of machines get beside what their subnet says. */

/** An entry of `dhcp.hosts`. */
export interface HostRule {
  /** How it names the machine, for people: a MAC, `client id ff01…` or the name of a host. */
  readonly name: string;
  /** The address that only this machine gets. */
  readonly address: number | undefined;
  readonly bootFile: string | undefined;
  readonly leaseSeconds: number | undefined;
  readonly options: ReadonlyMap<number, Buffer>;
}

interface ClassRule {
  readonly name: string;
  readonly fits: (client: Client) => boolean;
  readonly bootFile: string | undefined;
  readonly leaseSeconds: number | undefined;
  readonly options: ReadonlyMap<number, Buffer>;
}

export interface CompiledRules {
  /** There are none: most sites. */
  readonly isEmpty: boolean;
  readonly classes: readonly ClassRule[];
  readonly byMac: ReadonlyMap<string, HostRule>;
  /** Key: client identifier, hex in lower case. */
  readonly byClientId: ReadonlyMap<string, HostRule>;
  /** Key: name of a host, lower case. */
  readonly byHost: ReadonlyMap<string, HostRule>;
  readonly byAddress: ReadonlyMap<number, HostRule>;
}

/** What the rules say about one machine. */
export interface Given {
  readonly address: number | undefined;
  readonly bootFile: string | undefined;
  readonly leaseSeconds: number | undefined;
  readonly options: ReadonlyMap<number, Buffer>;
  /** Names of the classes and of the host entry that apply, for the record. */
  readonly names: readonly string[];
}

export function compileRules({ classes, hosts }: Pick<DhcpSettings, 'classes' | 'hosts'>): CompiledRules {
  const rules = {
    isEmpty: classes.length === 0 && hosts.length === 0,
    classes: classes.map((one) => ({
      name: one.name,
      fits: fitsClass(one),
      bootFile: one.boot_file,
      leaseSeconds: one.lease_seconds,
      options: optionsOf(one.options),
    })),
    byMac: new Map<string, HostRule>(),
    byClientId: new Map<string, HostRule>(),
    byHost: new Map<string, HostRule>(),
    byAddress: new Map<number, HostRule>(),
  };
  for (const { mac, client_id, host, address, boot_file, lease_seconds, options } of hosts) {
    const rule: HostRule = {
      name: mac?.toLowerCase() ?? (client_id === undefined ? (host ?? '') : `client id ${client_id}`),
      address: address === undefined ? undefined : toNumber(address),
      bootFile: boot_file,
      leaseSeconds: lease_seconds,
      options: optionsOf(options),
    };
    if (mac !== undefined) rules.byMac.set(mac.toLowerCase(), rule);
    if (client_id !== undefined) rules.byClientId.set(client_id.toLowerCase(), rule);
    if (host !== undefined) rules.byHost.set(host.toLowerCase(), rule);
    if (rule.address !== undefined) rules.byAddress.set(rule.address, rule);
  }
  return rules;
}

/** `hostOf` names the host that fogd knows a MAC as; asked only where an entry names a host. */
export function rulesFor(
  rules: CompiledRules,
  client: Client,
  hostOf: (mac: string) => string | undefined,
): Given {
  if (rules.isEmpty) return NOTHING;
  const classes = rules.classes.filter(({ fits }) => fits(client));
  const host = rules.byHost.size === 0 ? undefined : hostOf(client.mac)?.toLowerCase();
  const hosts = [
    host === undefined ? undefined : rules.byHost.get(host),
    client.identifier === undefined ? undefined : rules.byClientId.get(client.identifier),
    rules.byMac.get(client.mac),
  ].filter((rule) => rule !== undefined);
  // What comes later wins: the MAC is the narrowest name of a machine.
  const all = [...classes, ...hosts];
  return {
    address: hosts.findLast((rule) => rule.address !== undefined)?.address,
    bootFile: all.findLast((rule) => rule.bootFile !== undefined)?.bootFile,
    leaseSeconds: all.findLast((rule) => rule.leaseSeconds !== undefined)?.leaseSeconds,
    options: all.length === 0 ? NO_OPTIONS : new Map(all.flatMap(({ options }) => [...options])),
    names: all.map(({ name }) => name),
  };
}

const NO_OPTIONS: ReadonlyMap<number, Buffer> = new Map();
const NOTHING: Given = {
  address: undefined,
  bootFile: undefined,
  leaseSeconds: undefined,
  options: NO_OPTIONS,
  names: [],
};

function fitsClass(one: DhcpSettings['classes'][number]): (client: Client) => boolean {
  const prefix = one.mac_prefix?.toLowerCase();
  return (client) =>
    (one.arch === undefined || (client.arch !== undefined && one.arch.includes(client.arch))) &&
    (prefix === undefined || client.mac.startsWith(prefix)) &&
    (one.vendor_class === undefined || client.vendorClass?.startsWith(one.vendor_class) === true) &&
    (one.user_class === undefined || client.userClasses.includes(one.user_class)) &&
    (one.undi === undefined || client.undi === one.undi);
}

function optionsOf(texts: readonly string[] | undefined): ReadonlyMap<number, Buffer> {
  return new Map(
    (texts ?? []).flatMap((text) => {
      const option = parseDhcpOption(text);
      return option === undefined ? [] : [[option.code, option.value] as const];
    }),
  );
}

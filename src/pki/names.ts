import { isIP, isIPv6 } from 'node:net';

/** What the names of a server are gathered from. */
export interface NameSources {
  /** From the settings. */
  readonly hostname?: string;
  readonly address?: string;
  /** hostname(1). */
  readonly machine: string;
  /** The text of /etc/hosts, which usually knows the machine's full name. */
  readonly hosts: string;
  /** Of all interfaces. */
  readonly addresses: readonly string[];
}

/** More would make the certificate larger than what old clients buffer. */
const MOST = 100;
const DNS_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * All names and addresses by which clients may call this server; first the one that they are most likely to use. `fogserver` is what the
 * installer of FOG Client proposes (spec client-protocol 8.3).
 */
export function serverNames({ hostname, address, machine, hosts, addresses }: NameSources): string[] {
  const reachable = addresses.filter((one) => !/^(fe[89ab]|::1$|127\.)/i.test(one));
  const local = aliases(hosts, machine);
  const all = [
    ...[hostname, address].filter((one) => one !== undefined),
    ...reachable.filter((one) => !isIPv6(one)),
    ...[machine, ...local, machine.split('.')[0] ?? ''],
    ...reachable,
    ...['fogserver', 'localhost', '127.0.0.1', '::1'],
  ].map(canonicalName);
  return [...new Set(all)].filter((one) => isIP(one) !== 0 || DNS_NAME.test(one)).slice(0, MOST);
}

/** One spelling for each: lower case, IPv6 addresses compressed. */
export function canonicalName(name: string): string {
  return isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase();
}

/** The other names on the lines of /etc/hosts that name the machine. */
function aliases(hosts: string, machine: string): string[] {
  return hosts
    .split('\n')
    .map((line) => (line.split('#')[0] ?? '').trim().split(/\s+/).slice(1))
    .filter((names) => names.includes(machine))
    .flat();
}

/** Names and addresses of a certificate, from Node's text of its subjectAltName. */
export function namesOf(subjectAltName: string | undefined): string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .flatMap((part) => /^(?:DNS|IP Address):(.+)$/.exec(part)?.[1] ?? [])
    .map(canonicalName);
}

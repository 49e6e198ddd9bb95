import { bootMacs, type Host, primaryMac } from './host.js';

export type HostMatch =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly host: Host }
  /** The MACs belong to several hosts and no primary MAC decides: nothing may be served to any of them. */
  | { readonly kind: 'ambiguous'; readonly hosts: readonly Host[] };

/**
 * Which host a machine is (data-model 5.1): by those of its MACs that count, at boot those that are not pending or ignored for imaging.
 * `owners` are the hosts that own any of the MACs.
 */
export function matchHost(
  owners: readonly Host[],
  macs: readonly string[],
  counting: (host: Host) => readonly string[] = bootMacs,
): HostMatch {
  const all = owners.filter((host) => counting(host).some((mac) => macs.includes(mac)));
  // Anybody can make a host that waits for approval, with a MAC of another machine: it must not come between that and its own host.
  const approved = all.filter(({ pending }) => !pending);
  const matching = approved.length > 0 ? approved : all;
  const [only] = matching;
  if (!only) return { kind: 'none' };
  if (matching.length === 1) return { kind: 'one', host: only };
  const byPrimary = matching.filter((host) => macs.includes(primaryMac(host)));
  const [primary] = byPrimary;
  if (primary && byPrimary.length === 1) return { kind: 'one', host: primary };
  return { kind: 'ambiguous', hosts: matching };
}

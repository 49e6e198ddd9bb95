import type { FogdError } from '#errors.js';
import { toText } from '#settings/ipv4.js';
import type { DhcpSettings } from '#settings/schema.js';
import { type CompiledDhcp, compileDhcp, isLeasable, networkOf, networkOfLink } from './compile.js';
import { dhcpErrors } from './errors.js';
import { type Interfaces, type Link, readLink } from './link.js';

/**
 * Rules between the settings and an interface as it is now, for server mode; the first that is broken, or undefined. A service that
 * leases wrong addresses is worse than none.
 */
export function obstacle(compiled: CompiledDhcp, link: Link): FogdError | undefined {
  if (compiled.mode !== 'server') return undefined;
  if (networkOfLink(compiled, link) === undefined) {
    return dhcpErrors.DHCP_NO_SUBNET({
      interface: link.name,
      address: link.addressText,
      network: link.network,
    });
  }
  for (const own of link.addresses) {
    const facts = { address: toText(own), interface: link.name };
    const host = compiled.rules.byAddress.get(own);
    if (host !== undefined) return dhcpErrors.DHCP_HOST_HAS_OWN_ADDRESS({ ...facts, host: host.name });
    const network = networkOf(compiled, own);
    if (network !== undefined && isLeasable(network, own))
      return dhcpErrors.DHCP_LEASES_OWN_ADDRESS({ ...facts, network: network.text });
  }
  return undefined;
}

/** The same for every named interface, before anything is started; with the path of the setting that is to be mended. */
export function interfaceObstacles(
  dhcp: DhcpSettings,
  interfaces: Interfaces,
  indexOf: (name: string) => number | undefined,
): Array<{ readonly path: string; readonly error: FogdError }> {
  const compiled = compileDhcp(dhcp);
  return dhcp.interfaces.flatMap((name, index) => {
    const path = `dhcp.interfaces.${index}`;
    if (indexOf(name) === undefined) {
      const existing = Object.keys(interfaces).join(', ') || 'none';
      return [{ path, error: dhcpErrors.DHCP_UNKNOWN_INTERFACE({ interface: name, existing }) }];
    }
    const link = readLink(interfaces, name);
    const error =
      link === undefined ? dhcpErrors.DHCP_NO_ADDRESS({ interface: name }) : obstacle(compiled, link);
    return error === undefined ? [] : [{ path: pathOf(error, dhcp) ?? path, error }];
  });
}

/** Where an address of ours is given away. */
function pathOf({ code, facts }: FogdError, dhcp: DhcpSettings): string | undefined {
  const index =
    code === 'DHCP_LEASES_OWN_ADDRESS'
      ? dhcp.subnets.findIndex(({ network }) => String(facts.network).split(', ').includes(network))
      : dhcp.hosts.findIndex(({ address }) => address === facts.address);
  if (index < 0) return undefined;
  return code === 'DHCP_LEASES_OWN_ADDRESS' ? `dhcp.subnets.${index}.ranges` : `dhcp.hosts.${index}.address`;
}

import type { FogdError } from '#errors.js';
import { parseCidr, parseRange, toText } from '#settings/ipv4.js';
import type { DhcpSettings } from '#settings/schema.js';
import { type CompiledDhcp, subnetOfLink } from './compile.js';
import { dhcpErrors } from './errors.js';
import type { Link } from './link.js';

/**
 * Rules between the settings and the interfaces as they are now, for server mode; the first that is broken, or undefined. What the
 * settings alone can tell is said by `fogd check` too: a service that leases wrong addresses is worse than none.
 */
export function firstObstacle(
  settings: DhcpSettings,
  compiled: CompiledDhcp,
  links: readonly Link[],
): FogdError | undefined {
  if (settings.mode !== 'server') return undefined;
  for (const link of links) {
    if (subnetOfLink(compiled, link) === undefined) {
      return dhcpErrors.DHCP_NO_SUBNET({
        interface: link.name,
        address: link.addressText,
        network: link.network,
      });
    }
  }
  return firstBadRange(settings, links);
}

function firstBadRange(settings: DhcpSettings, links: readonly Link[]): FogdError | undefined {
  const seen: Array<{ first: number; last: number; text: string }> = [];
  for (const { network, ranges } of settings.subnets) {
    const net = parseCidr(network);
    for (const text of ranges) {
      const range = parseRange(text);
      if (!net || !range) continue;
      if (range.first <= net.network || range.last >= net.broadcast) {
        return dhcpErrors.DHCP_RANGE_OUTSIDE({
          range: text,
          network,
          first: toText(net.network + 1),
          last: toText(net.broadcast - 1),
        });
      }
      const other = seen.find((one) => range.first <= one.last && one.first <= range.last);
      if (other) return dhcpErrors.DHCP_RANGE_OVERLAP({ range: text, other: other.text });
      seen.push({ ...range, text });
      for (const link of links) {
        const own = link.addresses.find((address) => address >= range.first && address <= range.last);
        if (own !== undefined) {
          return dhcpErrors.DHCP_RANGE_HAS_OWN_ADDRESS({
            range: text,
            address: toText(own),
            interface: link.name,
          });
        }
      }
    }
  }
  return undefined;
}

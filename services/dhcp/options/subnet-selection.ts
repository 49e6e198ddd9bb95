import type { Packet } from '../packet.js';
import { Option } from './codes.js';
import { readAddress } from './values.js';

/** Sub-option 5 of option 82: the link that a machine is on, where the relay's own address says another (RFC 3527). */
const LINK_SELECTION = 5;

/** An address of the subnet that one is wanted in, where somebody says so: the relay first, then the client (option 118, RFC 3011). */
export function wantedSubnet({ options }: Packet): number | undefined {
  const agent = options.get(Option.RELAY_AGENT);
  for (let at = 0; agent !== undefined && at + 1 < agent.length; ) {
    const end = at + 2 + agent.readUInt8(at + 1);
    if (end > agent.length) break;
    if (agent[at] === LINK_SELECTION) return readAddress(agent.subarray(at + 2, end)) || undefined;
    at = end;
  }
  return readAddress(options.get(Option.SUBNET_SELECTION)) || undefined;
}

import { Option } from './options/codes.js';
import { addresses, uint8 } from './options/values.js';
import { BOOT_REPLY, BROADCAST_FLAG, fits, type Packet } from './packet.js';
import { CLIENT_PORT, type Endpoint, type Scene, SERVER_PORT } from './verdict.js';

const BROADCAST = 0xffffffff;

export interface ReplyParts {
  /** Undefined: an answer to BOOTP, which knows no types. */
  readonly type: number | undefined;
  readonly yiaddr?: number;
  readonly ciaddr?: number;
  readonly siaddr?: number;
  readonly sname?: Buffer;
  readonly file?: Buffer;
  /** In the order of importance; what stands in a later map wins. */
  readonly options?: readonly ReadonlyMap<number, Buffer>[];
}

/** Fields that a reply takes from its request (RFC 2131 table 3) or that every reply has. */
const ECHOED = [
  // RFC 6842: without it two clients behind one hardware address cannot tell whose answer it is.
  Option.CLIENT_ID,
  // RFC 4578 section 2.3.
  Option.CLIENT_UUID,
  // RFC 3011 section 2: whoever honours it says so by sending it back.
  Option.SUBNET_SELECTION,
  // RFC 3046 section 2.2, unchanged; the encoder puts it last.
  Option.RELAY_AGENT,
] as const;

/** First to go when a reply is longer than the client takes (option 57); each is a comfort or stands elsewhere in the packet as well. */
const DISPENSABLE = [
  Option.TFTP_ADDRESSES,
  Option.TFTP_SERVER,
  Option.DOMAIN_NAME,
  Option.BROADCAST,
  Option.REBINDING_TIME,
  Option.RENEWAL_TIME,
] as const;

/** Builds a reply that fits what the client takes; tells what was left out for that. */
export function makeReply(
  scene: Scene,
  parts: ReplyParts,
): { readonly packet: Packet; readonly reasons: string[] } {
  const { packet: request, client, context } = scene;
  const options = new Map<number, Buffer>();
  if (parts.type !== undefined) {
    options.set(Option.MESSAGE_TYPE, uint8(parts.type));
    options.set(Option.SERVER_ID, addresses(context.link.address));
  }
  for (const map of parts.options ?? []) for (const [code, value] of map) options.set(code, value);
  for (const code of ECHOED) {
    const value = request.options.get(code);
    if (value !== undefined) options.set(code, value);
  }
  const packet: Packet = {
    op: BOOT_REPLY,
    htype: request.htype,
    hlen: request.hlen,
    hops: 0,
    xid: request.xid,
    secs: 0,
    flags: request.flags,
    ciaddr: parts.ciaddr ?? 0,
    yiaddr: parts.yiaddr ?? 0,
    siaddr: parts.siaddr ?? 0,
    giaddr: request.giaddr,
    chaddr: request.chaddr,
    sname: parts.sname ?? Buffer.alloc(0),
    file: parts.file ?? Buffer.alloc(0),
    options,
  };
  const reasons: string[] = [];
  for (const code of DISPENSABLE) {
    if (fits(packet, client.maxLength)) break;
    if (options.delete(code))
      reasons.push(`option ${code} left out: the machine takes ${client.maxLength} bytes`);
  }
  return { packet, reasons };
}

/**
 * Where an OFFER or ACK goes (RFC 2131 section 4.1). A machine without address cannot answer ARP, so it is told by broadcast whether
 * it set the flag or not. The same goes for one that claims an address but does not send from it: datagrams to addresses that
 * nobody answers for fill the socket's send buffer, and every other machine then waits three seconds for its offer.
 */
export function destination({ packet, context }: Scene): Endpoint {
  if (packet.giaddr !== 0) return { address: packet.giaddr, port: SERVER_PORT };
  const isThere = packet.ciaddr !== 0 && packet.ciaddr === context.from.address;
  return { address: isThere ? packet.ciaddr : BROADCAST, port: CLIENT_PORT };
}

/** The answer to INFORM passes any relay by: the machine has an address (RFC 2131 section 4.3.5). */
export function informDestination(scene: Scene): Endpoint {
  const { packet, context } = scene;
  if (packet.giaddr !== 0 && packet.ciaddr !== 0) return { address: packet.ciaddr, port: CLIENT_PORT };
  if (packet.ciaddr === 0 && context.from.address !== 0)
    return { address: context.from.address, port: CLIENT_PORT };
  return destination(scene);
}

/** A NAK is broadcast even to a machine that claims an address: that address is what is wrong. */
export function nakDestination(request: Packet): Endpoint {
  if (request.giaddr !== 0) return { address: request.giaddr, port: SERVER_PORT };
  return { address: BROADCAST, port: CLIENT_PORT };
}

/** The relay, too, must broadcast a NAK (RFC 2131 section 4.3.2). */
export function asRelayedNak(packet: Packet): Packet {
  return packet.giaddr === 0 ? packet : { ...packet, flags: packet.flags | BROADCAST_FLAG };
}

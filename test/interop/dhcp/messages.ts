import { Option } from '#services/dhcp/options/codes.js';
import { text, uint8 } from '#services/dhcp/options/values.js';
import { BOOT_REQUEST, BROADCAST_FLAG, type Packet } from '#services/dhcp/packet.js';
import { toNumber } from '#settings/ipv4.js';

let transactions = 0x51000000;

/** A request as a client sends it; addresses as text. */
export function clientMessage(
  type: number,
  mac: string,
  options: Readonly<Record<number, Buffer>> = {},
  fields: { readonly ciaddr?: string; readonly giaddr?: string } = {},
): Packet {
  transactions += 1;
  return {
    op: BOOT_REQUEST,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: transactions,
    secs: 0,
    // A plain UDP socket cannot receive what another server sends to an address that the host does not have yet.
    flags: fields.ciaddr === undefined ? BROADCAST_FLAG : 0,
    ciaddr: toNumber(fields.ciaddr ?? '0.0.0.0'),
    yiaddr: 0,
    siaddr: 0,
    giaddr: toNumber(fields.giaddr ?? '0.0.0.0'),
    chaddr: Buffer.concat([Buffer.from(mac.replaceAll(':', ''), 'hex'), Buffer.alloc(10)]),
    sname: Buffer.alloc(0),
    file: Buffer.alloc(0),
    options: new Map([
      [Option.MESSAGE_TYPE, uint8(type)],
      ...Object.entries(options).map(([code, value]) => [Number(code), value] as const),
    ]),
  };
}

/** What BIOS firmware adds to its messages. */
export const BIOS = {
  [Option.VENDOR_CLASS]: text('PXEClient:Arch:00000:UNDI:002001'),
  [Option.CLIENT_ARCH]: Buffer.of(0, 0),
  [Option.PARAMETER_LIST]: Buffer.of(1, 3, 43, 54, 60, 66, 67, 97),
};

/** What a plain operating system adds. */
export const SYSTEM = { [Option.PARAMETER_LIST]: Buffer.of(1, 3, 6, 15, 51, 54) };

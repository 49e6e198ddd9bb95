import { readClientUuid } from './options/client-uuid.js';
import { Option } from './options/codes.js';
import { readUserClasses } from './options/user-class.js';
import {
  readAddress,
  readFirstArchitecture,
  readText,
  readUint8,
  readUint16,
  readUndi,
} from './options/values.js';
import { macText, type Packet } from './packet.js';

/** What a request says about the machine, read once. */
export interface Client {
  /** Lower case with colons. */
  readonly mac: string;
  /** What its lease is found by: the MAC, or the client identifier where that says something else. */
  readonly key: string;
  /** The client identifier in hex, when `key` is made of it. */
  readonly clientId: string | undefined;
  /** Option 61 in hex, whatever it says. */
  readonly identifier: string | undefined;
  /** Undefined: BOOTP. */
  readonly messageType: number | undefined;
  /** Option 60 begins with `PXEClient`. */
  readonly isPxe: boolean;
  /** Option 60 begins with `HTTPClient`: firmware that boots from a URL. */
  readonly isHttp: boolean;
  readonly isIpxe: boolean;
  /** Any of the three: its program is lost when its boot fails, and it has no identity but its MAC. */
  readonly isBooting: boolean;
  /** Option 93, first number. */
  readonly arch: number | undefined;
  /** Option 94, `3.16`. */
  readonly undi: string | undefined;
  readonly vendorClass: string | undefined;
  /** Option 77. */
  readonly userClasses: readonly string[];
  readonly uuid: string | undefined;
  readonly hostname: string | undefined;
  readonly requested: number | undefined;
  readonly serverId: number | undefined;
  /** Option 55. */
  readonly asks: ReadonlySet<number>;
  /** Longest DHCP message it takes, in bytes, without IP and UDP headers. */
  readonly maxLength: number;
}

const HEADERS = 28;
/** RFC 2131 section 2: every client takes an IP datagram of 576 bytes. */
const LEAST_DATAGRAM = 576;
/** One Ethernet frame; OVMF says 65280 in its REQUEST (a byte-order slip), which means no more than this. */
const MOST_DATAGRAM = 1500;

export function readClient(packet: Packet): Client {
  const { options } = packet;
  const mac = macText(packet.chaddr.subarray(0, packet.hlen));
  const vendorClass = readText(options.get(Option.VENDOR_CLASS));
  const isPxe = vendorClass?.startsWith('PXEClient') === true;
  const isHttp = vendorClass?.startsWith('HTTPClient') === true;
  const userClasses = readUserClasses(options.get(Option.USER_CLASS));
  const isIpxe = userClasses.includes('iPXE') || options.has(Option.IPXE);
  const isBooting = isPxe || isHttp || isIpxe;
  const clientId = isBooting ? undefined : foreignClientId(packet);
  const datagram = readUint16(options.get(Option.MAX_SIZE)) ?? LEAST_DATAGRAM;
  return {
    mac,
    key: clientId ?? mac,
    clientId,
    identifier: options.get(Option.CLIENT_ID)?.toString('hex'),
    messageType: readUint8(options.get(Option.MESSAGE_TYPE)),
    isPxe,
    isHttp,
    isIpxe,
    isBooting,
    undi: readUndi(options.get(Option.CLIENT_UNDI)),
    userClasses,
    arch: readFirstArchitecture(options.get(Option.CLIENT_ARCH)),
    vendorClass,
    uuid: readClientUuid(options.get(Option.CLIENT_UUID)),
    hostname: readText(options.get(Option.HOST_NAME)),
    requested: readAddress(options.get(Option.REQUESTED_ADDRESS)),
    serverId: readAddress(options.get(Option.SERVER_ID)),
    asks: new Set(options.get(Option.PARAMETER_LIST) ?? []),
    maxLength: Math.min(Math.max(datagram, LEAST_DATAGRAM), MOST_DATAGRAM) - HEADERS,
  };
}

/**
 * The client identifier, unless it only repeats the hardware address: BusyBox and Windows send type 1 and the MAC, and must get the
 * address that the firmware of the same machine got. Booting machines are matched by MAC alone, because one boot changes its identifier
 * from stage to stage.
 */
function foreignClientId(packet: Packet): string | undefined {
  const bytes = packet.options.get(Option.CLIENT_ID);
  // RFC 2132 section 9.14: at least two bytes.
  if (bytes === undefined || bytes.length < 2) return undefined;
  const isMac = bytes[0] === packet.htype && bytes.subarray(1).equals(packet.chaddr.subarray(0, packet.hlen));
  return isMac ? undefined : bytes.toString('hex');
}

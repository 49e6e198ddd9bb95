/** Numbers of the DHCP options that fogd reads or writes (IANA "BOOTP Vendor Extensions and DHCP Options"). */
export const Option = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTER: 3,
  DNS: 6,
  HOST_NAME: 12,
  DOMAIN_NAME: 15,
  BROADCAST: 28,
  NTP: 42,
  VENDOR_SPECIFIC: 43,
  REQUESTED_ADDRESS: 50,
  LEASE_TIME: 51,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_ID: 54,
  PARAMETER_LIST: 55,
  MESSAGE: 56,
  MAX_SIZE: 57,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  VENDOR_CLASS: 60,
  CLIENT_ID: 61,
  TFTP_SERVER: 66,
  BOOT_FILE: 67,
  USER_CLASS: 77,
  RELAY_AGENT: 82,
  CLIENT_ARCH: 93,
  CLIENT_UNDI: 94,
  CLIENT_UUID: 97,
  /** RFC 3011: the subnet that an address is wanted in. */
  SUBNET_SELECTION: 118,
  DOMAIN_SEARCH: 119,
  STATIC_ROUTES: 121,
  TFTP_ADDRESSES: 150,
  /** iPXE's own encapsulated options. */
  IPXE: 175,
  END: 255,
} as const;

/** Values of option 53 (RFC 2132 section 9.6). */
export const MessageType = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;

const NAMES = new Map<number, string>(Object.entries(MessageType).map(([name, value]) => [value, name]));

/** `DISCOVER`, or `type 13` for what fogd does not know; BOOTP has no message type. */
export function messageTypeName(type: number | undefined): string {
  return type === undefined ? 'BOOTP' : (NAMES.get(type) ?? `type ${type}`);
}

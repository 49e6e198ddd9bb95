/** DHCP messages of a capture, as tshark reads them. */
import type { Capture } from './capture.js';

const TYPES = ['?', 'DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM'];

/** One message; fields that were not in the packet are empty strings. */
export interface DhcpMessage {
  /** Seconds since the capture began. */
  readonly at: number;
  readonly type: string;
  readonly mac: string;
  readonly xid: string;
  /** `address:port` */
  readonly from: string;
  readonly to: string;
  readonly yourAddress: string;
  /** The field siaddr. */
  readonly nextServer: string;
  /** The field `file`. */
  readonly file: string;
  /** Options 66 and 67. */
  readonly serverName: string;
  readonly bootFile: string;
  /** Option 54. */
  readonly serverId: string;
  /** Option 60. */
  readonly vendorClass: string;
  /** Option 93 as a number, e.g. 0 BIOS, 7 UEFI x86-64. */
  readonly architecture: string;
}

/** All messages to and from one machine (by hardware address), in the order they were sent. */
export async function dhcpMessages(capture: Capture, mac: string): Promise<DhcpMessage[]> {
  const rows = await capture.fields(`dhcp && dhcp.hw.mac_addr == ${mac}`, [
    'frame.time_relative',
    'dhcp.option.dhcp',
    'dhcp.id',
    'ip.src',
    'udp.srcport',
    'ip.dst',
    'udp.dstport',
    'dhcp.ip.your',
    'dhcp.ip.server',
    'dhcp.file',
    'dhcp.option.tftp_server_name',
    'dhcp.option.bootfile_name',
    'dhcp.option.dhcp_server_id',
    'dhcp.option.vendor_class_id',
    'dhcp.option.client_system_architecture',
  ]);
  return rows.map((row) => {
    const field = (index: number): string => row[index] ?? '';
    return {
      at: Number(field(0)),
      type: TYPES[Number(field(1))] ?? field(1),
      mac,
      xid: field(2),
      from: `${field(3)}:${field(4)}`,
      to: `${field(5)}:${field(6)}`,
      yourAddress: field(7),
      nextServer: field(8),
      file: field(9),
      serverName: field(10),
      bootFile: field(11),
      serverId: field(12),
      vendorClass: field(13),
      architecture: field(14),
    };
  });
}

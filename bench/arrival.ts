/** How long a TFTP server lets a client wait, read from a capture on its interface: arrival of a request or ACK to the answer that it asks for. */
import { readFileSync } from 'node:fs';

const PCAP_MICROSECONDS = 0xa1b2c3d4;
const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const ETHERNET = 14;
const IPV4 = 0x0800;
const UDP = 17;
const ACK = 4;

/** Milliseconds, in no order. `server` as in `10.77.0.1`; the capture is of Ethernet, as tcpdump writes it on this machine. */
export function waitsOf(pcap: string, server: string): number[] {
  const bytes = readFileSync(pcap);
  if (bytes.readUInt32LE(0) !== PCAP_MICROSECONDS) throw new Error(`${pcap} is no capture in microseconds`);
  const self = Buffer.from(server.split('.').map(Number)).readUInt32BE();
  const waits: number[] = [];
  /** Since when each client (address and port) waits, and the number of the block it waits for; a request waits for 1, or for an OACK. */
  const waiting = new Map<string, { readonly since: number; readonly block: number }>();
  const answered = new Map<string, number>();
  for (let at = FILE_HEADER; at + PACKET_HEADER <= bytes.length; ) {
    const now = bytes.readUInt32LE(at) * 1e3 + bytes.readUInt32LE(at + 4) / 1e3;
    const frame = bytes.subarray(at + PACKET_HEADER, at + PACKET_HEADER + bytes.readUInt32LE(at + 8));
    at += PACKET_HEADER + frame.length;
    const ip = frame.subarray(ETHERNET);
    if (frame.length < 46 || frame.readUInt16BE(12) !== IPV4 || ip[9] !== UDP) continue;
    const udp = ip.subarray(((ip[0] ?? 0) & 15) * 4);
    const opcode = udp.readUInt16BE(8);
    const number = udp.readUInt16BE(10);
    if (ip.readUInt32BE(16) === self) {
      const client = `${ip.readUInt32BE(12)}:${udp.readUInt16BE(0)}`;
      const block = opcode === ACK ? number + 1 : 0;
      // A repeat of what is being waited for, or was answered, begins nothing new.
      if (waiting.get(client)?.block === block || (answered.get(client) ?? -1) >= block) continue;
      waiting.set(client, { since: now, block });
    } else if (ip.readUInt32BE(12) === self) {
      const client = `${ip.readUInt32BE(16)}:${udp.readUInt16BE(2)}`;
      const wait = waiting.get(client);
      if (!wait) continue;
      waits.push(now - wait.since);
      answered.set(client, wait.block);
      waiting.delete(client);
    }
  }
  return waits;
}

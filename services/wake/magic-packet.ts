import { createSocket } from 'node:dgram';
import type { NetworkInterfaceInfo } from 'node:os';

/** Wake on LAN (AMD, "Magic Packet Technology", 1995): six bytes of ones, then the MAC sixteen times, anywhere in a frame. */
export function magicPacket(mac: string): Buffer {
  const address = Buffer.from(mac.replaceAll(':', ''), 'hex');
  if (address.length !== 6) throw new RangeError(`${mac} is not a MAC address`);
  return Buffer.concat([Buffer.alloc(6, 0xff), ...Array.from({ length: 16 }, () => address)]);
}

/** Broadcast addresses of the IPv4 networks that this machine is in: 255.255.255.255 leaves by one interface only. */
export function broadcastAddresses(
  interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>,
): string[] {
  const found = new Set<string>();
  for (const { family, internal, address, netmask } of Object.values(interfaces).flatMap(
    (list) => list ?? [],
  )) {
    if (family !== 'IPv4' || internal || netmask === '255.255.255.255') continue;
    const mask = netmask.split('.').map(Number);
    found.add(
      address
        .split('.')
        .map((byte, index) => Number(byte) | (~(mask[index] ?? 0) & 0xff))
        .join('.'),
    );
  }
  return [...found];
}

/** discard: nobody answers there, and network cards look at the content only. */
const PORT = 9;

/**
 * Sends a magic packet for each MAC to each address; returns the addresses that took them: one network that is down keeps no other from it.
 * Rejects with the system's error where none did.
 */
export async function sendMagicPackets(
  macs: readonly string[],
  targets: readonly string[],
): Promise<string[]> {
  const socket = createSocket('udp4');
  const send = (bytes: Buffer, target: string): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(bytes, PORT, target, (error) => (error ? reject(error) : resolve()));
    });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, () => resolve());
    });
    socket.setBroadcast(true);
    const packets = macs.map(magicPacket);
    const took: string[] = [];
    let failure: unknown;
    for (const target of targets) {
      try {
        for (const packet of packets) await send(packet, target);
        took.push(target);
      } catch (error) {
        failure = error;
      }
    }
    if (took.length === 0 && failure !== undefined) throw failure;
    return took;
  } finally {
    socket.close();
  }
}

import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { broadcastAddresses, magicPacket, sendMagicPackets } from '#services/wake/magic-packet.js';

describe('a magic packet', () => {
  it('is six bytes of ones and the MAC sixteen times', () => {
    const packet = magicPacket('00:11:22:33:44:55');
    expect(packet.toString('hex')).toBe(`ffffffffffff${'001122334455'.repeat(16)}`);
    expect(() => magicPacket('00:11:22:33:44')).toThrow(RangeError);
  });

  it('goes to the broadcast addresses of the networks of this machine', () => {
    const entry = { family: 'IPv4', internal: false, mac: '', cidr: null } as const;
    const interfaces: Record<string, NetworkInterfaceInfo[]> = {
      lo: [{ ...entry, internal: true, address: '127.0.0.1', netmask: '255.0.0.0' }],
      eth0: [
        { ...entry, address: '10.1.2.3', netmask: '255.255.252.0' },
        { ...entry, address: '10.1.2.4', netmask: '255.255.252.0' },
      ],
      wg0: [{ ...entry, address: '10.9.0.1', netmask: '255.255.255.255' }],
    };
    expect(broadcastAddresses(interfaces)).toEqual(['10.1.3.255']);
  });

  it('that one network does not take is sent into the others: it was sent into none', async () => {
    // Not of this family: as an address whose network is down.
    const macs = ['00:11:22:33:44:55'];
    expect(await sendMagicPackets(macs, ['::1', '127.0.0.1'])).toEqual(['127.0.0.1']);
    await expect(sendMagicPackets(macs, ['::1'])).rejects.toThrow('EINVAL');
  });
});

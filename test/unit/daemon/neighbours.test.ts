import { describe, expect, it } from 'vitest';
import { macInTable, neighbourTable } from '#daemon/neighbours.js';

/** /proc/net/arp of Linux 6.18. */
const TABLE = `IP address       HW type     Flags       HW address            Mask     Device
10.77.0.101      0x1         0x2         52:54:00:77:00:01     *        eth0
10.77.0.102      0x1         0x0         00:00:00:00:00:00     *        eth0
10.77.0.10       0x1         0x2         52:54:00:77:00:0A     *        eth0
`;

describe('neighbour table', () => {
  it.each([
    ['10.77.0.101', '52:54:00:77:00:01'],
    ['10.77.0.10', '52:54:00:77:00:0a'],
    ['10.77.0.102', undefined],
    ['10.77.0.1', undefined],
    ['', undefined],
  ])('%s is at %s', (ip, mac) => {
    expect(macInTable(TABLE, ip)).toBe(mac);
  });

  it('is read once for all that ask at once, and again for who is not in that reading', async () => {
    const tables = [TABLE, TABLE.replace('10.77.0.10 ', '10.77.0.99 '), TABLE];
    let reads = 0;
    const macOf = neighbourTable(() => Promise.resolve(tables[reads++] ?? ''));
    const asked = await Promise.all(Array.from({ length: 100 }, () => macOf('10.77.0.101')));
    expect({ reads, macs: new Set(asked) }).toEqual({ reads: 1, macs: new Set(['52:54:00:77:00:01']) });
    const [, late] = await Promise.all([macOf('10.77.0.101'), macOf('10.77.0.10')]);
    expect({ reads, late }).toEqual({ reads: 3, late: '52:54:00:77:00:0a' });
    await macOf('10.77.0.101');
    expect(reads).toBe(4);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExtended, isSwap, parseSfdiskDump, smallestDisk } from '#images/sfdisk-dump.js';
import { GPT_DUMP } from './fixture.js';

describe('sfdisk dump', () => {
  it('reads a GPT, with commas and quotes in a name', () => {
    const dump = parseSfdiskDump(GPT_DUMP);
    expect(dump).toMatchObject({ label: 'gpt', device: '/dev/sda', sectorSize: 512, unreadable: [] });
    expect(dump.partitions[0]).toEqual({
      number: 1,
      node: '/dev/sda1',
      start: 2048,
      size: 204_800,
      type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
      uuid: 'AAAA',
      name: 'EFI, \\x22system\\x22',
      bootable: false,
    });
    expect(dump.partitions.map(isSwap)).toEqual([false, false, true]);
    expect(smallestDisk(dump)).toBe((1_230_848 + 204_800 + 34) * 512);
  });

  it('reads an MBR with an extended container', () => {
    const dump = parseSfdiskDump(
      'label: dos\nlabel-id: 0x12345678\ndevice: /dev/nvme0n1\nunit: sectors\nsector-size: 4096\n\n' +
        '/dev/nvme0n1p1 : start= 2048, size= 1000, type=7, bootable\n' +
        '/dev/nvme0n1p2 : start= 4096, size= 3000, type=f\n' +
        '/dev/nvme0n1p5 : start= 5000, size= 2000, type=82\n',
    );
    expect(dump.partitions.map(({ number, bootable }) => [number, bootable])).toEqual([
      [1, true],
      [2, false],
      [5, false],
    ]);
    expect(dump.partitions.map(isExtended)).toEqual([false, true, false]);
    expect(dump.partitions.map(isSwap)).toEqual([false, false, true]);
    expect(smallestDisk(dump)).toBe(7096 * 4096);
  });

  it('reads the oldest form, without its empty slots', () => {
    const dump = parseSfdiskDump(
      '# partition table of /dev/sda\nunit: sectors\n\n' +
        '/dev/sda1 : start=       63, size=   204800, Id= 7, bootable\n' +
        '/dev/sda2 : start=   204863, size=   204800, Id=0f\n' +
        '/dev/sda3 : start=        0, size=        0, Id= 0\n',
    );
    expect(dump).toMatchObject({ label: undefined, sectorSize: 512, unreadable: [] });
    expect(dump.partitions.map(({ type }) => type)).toEqual(['7', 'f']);
  });

  it('lists what it cannot read', () => {
    const dump = parseSfdiskDump('/dev/sda1 : start=x, size=1, type=7\n/dev/sda2 : size=1\nwhat is this');
    expect(dump.partitions).toEqual([]);
    expect(dump.unreadable).toHaveLength(3);
  });

  it('never throws, whatever the text', () => {
    const field = fc.constantFrom(
      'start=',
      'size=',
      ' 12, ',
      'type=',
      '7',
      'name="',
      '"',
      '\\',
      ',',
      ':',
      '/dev/sda1',
      '\n',
      '=',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(field).map((parts) => parts.join('')),
        ),
        (text) => {
          const { partitions } = parseSfdiskDump(text);
          return partitions.every(({ number, size, start }) => number > 0 && size > 0 && start >= 0);
        },
      ),
    );
  });

  it('takes no time for a hostile line', () => {
    const started = performance.now();
    parseSfdiskDump(
      `/dev/sda1 : ${'a'.repeat(100_000)}\n/dev/sda1 : name="${'\\'.repeat(99_999)}\n/${'1'.repeat(200_000)}`,
    );
    parseSfdiskDump(`/dev/sda1 : ${'a = '.repeat(50_000)}\n${' '.repeat(500_000)}x${' '.repeat(400_000)}`);
    // With each byte looked at again for each one before it, minutes.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

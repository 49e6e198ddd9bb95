import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRepository } from '../../lab/repository.js';

/** What a fresh system of each kind offers, recorded from it. A new name in one of these lists is looked up there, too. */
const LISTS = [
  'scripts/packages-start',
  'scripts/packages-build',
  'imaging-os/host-packages',
  'imaging-os/packages',
];
const linesOf = (file: string) =>
  readFileSync(inRepository(...file.split('/')), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');

describe.each(['bookworm', 'trixie', 'noble'])('%s', (system) => {
  const offered = new Map(
    linesOf(`test/fixtures/packages/${system}.txt`).map((line) => line.split(' ') as [string, string]),
  );

  it.each(LISTS)('offers every package of %s', (list) => {
    expect(linesOf(list).filter((name) => !offered.has(name))).toEqual([]);
  });

  it('has an NFS server of a version that fogd was tried with', () => {
    expect(offered.get('nfs-ganesha')).toMatch(/^(4\.3|6\.5)-/);
    expect(offered.get('nfs-ganesha-vfs')).toBe(offered.get('nfs-ganesha'));
  });
});

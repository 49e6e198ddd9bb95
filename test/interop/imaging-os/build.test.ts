import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { command } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

const folder = mkdtempSync(join(tmpdir(), 'fogd-imaging-os-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FILES = ['bzImage', 'init.xz', 'manifest.json'];
const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const digests = (from: string) => FILES.map((file) => `${file} ${digest(join(from, file))}`);

describe('imaging-os/build', () => {
  it('makes the same bytes again, without a network', async () => {
    const { code, stderr } = await command(['unshare', '-n', inRepository('imaging-os', 'build'), folder], {
      timeoutMs: 600_000,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(digests(folder)).toEqual(digests(inRepository('var', 'imaging-os')));
  }, 610_000);

  it('does nothing the second time', async () => {
    const before = statSync(join(folder, 'init.xz')).mtimeMs;
    expect((await command([inRepository('imaging-os', 'build'), folder])).stdout).toContain('up to date');
    expect(statSync(join(folder, 'init.xz')).mtimeMs).toBe(before);
  });

  it('is under 120 MB', () => {
    const bytes = FILES.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    expect(bytes).toBeLessThan(120_000_000);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RateLimit } from '#clients/rate-limit.js';
import { Banner } from '#services/http/client/banner.js';
import { sourceNetwork } from '#source-network.js';
import { VirtualClock } from '../virtual-clock.js';

const clock = new VirtualClock();

describe('a limit', () => {
  const times = (limit: RateLimit, key: string, count: number) =>
    Array.from({ length: count }, () => limit.take(key)).filter(Boolean).length;

  it('lets a burst through, then one at a time, and another burst after a rest; each source for itself', async () => {
    const limit = new RateLimit(clock, 5, 1000);
    expect(times(limit, 'a', 9)).toBe(5);
    expect(times(limit, 'b', 9)).toBe(5);
    await clock.advance(999);
    expect(times(limit, 'a', 9)).toBe(0);
    await clock.advance(1);
    expect(times(limit, 'a', 9)).toBe(1);
    await clock.advance(60_000);
    expect(times(limit, 'a', 9)).toBe(5);
  });

  it('bug: who came before the clock was set back was shut out until it had caught up', async () => {
    let now = Date.UTC(2027, 0, 1);
    const limit = new RateLimit({ now: () => now }, 5, 1000);
    expect(times(limit, 'a', 9)).toBe(5);
    now = Date.UTC(2026, 0, 1);
    expect(times(limit, 'a', 9)).toBe(5);
    now += 1000;
    expect(times(limit, 'a', 9)).toBe(1);
  });

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2'],
    ['2001:db8:1:2:ffff::', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
  ])('counts %s as %s', (address, network) => {
    expect(sourceNetwork(address)).toBe(network);
  });
});

describe('the banner', () => {
  const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
  let folder: string;
  let file: string;
  let troubles: string[];
  let banner: Banner;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fogd-banner-'));
    file = join(folder, 'banner.png');
    troubles = [];
    banner = new Banner(file, clock, (reason) => troubles.push(reason));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is read, and read again when a minute has gone, with its hash in capitals', async () => {
    writeFileSync(file, PNG);
    const first = await banner.picture();
    expect(first?.hash).toMatch(/^[0-9A-F]{128}$/);
    writeFileSync(file, Buffer.concat([PNG, PNG]));
    expect((await banner.picture())?.hash).toBe(first?.hash);
    await clock.advance(60_000);
    expect((await banner.picture())?.bytes).toHaveLength(16);
  });

  it.each([
    ['that is gone', () => rmSync(file), /ENOENT/],
    ['that is no picture', () => writeFileSync(file, '<html>'), /no PNG/],
    ['that is too large', () => writeFileSync(file, Buffer.alloc(1_048_577)), /1 MiB/],
  ])('%s is told, and the one before goes on', async (_, spoil, reason) => {
    writeFileSync(file, PNG);
    const first = await banner.picture();
    spoil();
    await clock.advance(60_000);
    expect(await banner.picture()).toEqual(first);
    expect(troubles).toEqual([expect.stringMatching(reason)]);
  });

  it('that nobody set is none', async () => {
    expect(await new Banner(undefined, clock, () => undefined).picture()).toBeUndefined();
  });
});

import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const state = () => dirname(world.bootFiles);

describe('the backup of a running fogd', () => {
  it('is given out on the control socket with its size, and its copy of the store goes', async () => {
    const answer = await world.api.inject({ url: '/backup' });
    expect(answer.statusCode).toBe(200);
    expect(Number(answer.headers['content-length'])).toBe(answer.rawPayload.length);
    const names = execFileSync('tar', ['t'], { input: answer.rawPayload, encoding: 'utf8' });
    expect(names).toMatch(/^manifest\.json\nfogd\.sqlite\n/);
    await expect.poll(() => readdirSync(join(state(), '.backup'))).toEqual([]);
  });

  it('is not on the network', async () => {
    for (const remoteAddress of ['10.0.0.9', '127.0.0.1'])
      expect((await world.app.inject({ url: '/backup', remoteAddress })).statusCode).toBe(404);
  });

  it('that cannot be made is a problem with a remedy', async () => {
    rmSync(join(state(), 'fogd.sqlite'));
    const answer = await world.api.inject({ url: '/backup' });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ title: 'STATE_MISSING', remedy: expect.any(String) as string });
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { changeClientSettings } from '#actions/manage-client-settings.js';
import { addHost } from '#actions/manage-hosts.js';
import { composeAnswer } from '#client-modules/compose.js';
import { pollFacts } from '#client-modules/poll-facts.js';
import { makeWorld, type World } from '../services/http/world.js';
import { PC_MAC } from './client-world.js';

let world: World;
afterEach(() => world.close());

const start = async (toml = '') => {
  world = await makeWorld(`[client]\ndisplaymanager = true\n${toml}`);
  await addHost(world.context, 'PC', [PC_MAC], 'test');
};
const told = async (module: string) => {
  const host = world.context.hosts.byName('PC');
  if (!host) throw new Error('no host');
  const server = { scheme: 'http', host: '10.0.0.1', ip: '10.0.0.1' } as const;
  const { text } = await composeAnswer(world.context, {
    ...pollFacts(world.context, host),
    ...{ host, address: '10.0.0.50', server },
    key: Buffer.alloc(32),
  });
  return (JSON.parse(text) as Record<string, unknown>)[module];
};

describe('logging out who is idle', () => {
  it('is off until it is set; in minutes here, in seconds there; the host before the setting', async () => {
    await start();
    expect(await told('autologout')).toEqual({ error: 'time' });
    await changeClientSettings(world.context, 'PC', { autoLogoutMinutes: 5 });
    expect(await told('autologout')).toEqual({ time: 300 });
    await world.close();
    await start('autologout_minutes = 30\n');
    expect(await told('autologout')).toEqual({ time: 1_800 });
    await changeClientSettings(world.context, 'PC', { autoLogoutMinutes: 0 });
    expect(await told('autologout')).toEqual({ error: 'time' });
    await changeClientSettings(world.context, 'PC', { autoLogoutMinutes: null });
    expect(await told('autologout')).toEqual({ time: 1_800 });
  });

  it('is never told a time that clients do not take', async () => {
    await start('autologout_minutes = 4\n');
    expect(await told('autologout')).toEqual({ error: 'time' });
    await expect(changeClientSettings(world.context, 'PC', { autoLogoutMinutes: 4 })).rejects.toMatchObject({
      code: 'CLIENT_SETTING_BAD',
    });
  });
});

describe('the resolution of the display', () => {
  it('is that of the host, or of the settings, in numbers', async () => {
    await start('display_width = 1280\n');
    expect(await told('displaymanager')).toEqual({ x: 1280, y: 768, r: 60 });
    const display = { width: 1920, height: 1080, refresh: 75 };
    expect(await changeClientSettings(world.context, 'PC', { display })).toMatchObject({ display });
    expect(await told('displaymanager')).toEqual({ x: 1920, y: 1080, r: 75 });
    await changeClientSettings(world.context, 'PC', { display: null });
    expect(await told('displaymanager')).toEqual({ x: 1280, y: 768, r: 60 });
  });
});

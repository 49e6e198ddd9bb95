import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoginLimit } from '#login/login-limit.js';
import { isPassword } from '#login/password.js';
import { VirtualClock } from '../../virtual-clock.js';
import { makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.close());

const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, payload?: object) => {
  const answer = await world.api.inject({ method, url: `/api/v1${path}`, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
};

describe('users', () => {
  it('are added, given another password, listed and removed; a password never comes back', async () => {
    const added = await call('POST', '/users', { name: 'Ada', password: 'first password' });
    expect(added).toMatchObject({ status: 201, body: { name: 'Ada', createdBy: 'cli' } });
    expect(JSON.stringify(added)).not.toMatch(/scrypt|first/);
    const hash = () => world.context.users.passwordHash('ada');
    expect(await isPassword('first password', hash())).toBe(true);
    await world.clock.advance(1000);
    const changed = await call('PUT', '/users/ADA/password', { password: 'second password' });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Ada', changedAt: world.clock.now() } });
    expect(await isPassword('first password', hash())).toBe(false);
    expect(await isPassword('second password', hash())).toBe(true);
    expect(await call('DELETE', '/users/ada')).toMatchObject({ status: 200, body: { name: 'Ada' } });
    expect(await call('GET', '/users')).toMatchObject({ status: 200, body: { items: [], total: 0 } });
  });

  it.each<[string, 'POST' | 'PUT' | 'DELETE', string, object | undefined, number, string]>([
    ['a name with a blank', 'POST', '/users', { name: 'a b', password: 'long enough' }, 400, 'USER_NAME_BAD'],
    ['an empty name', 'POST', '/users', { name: '', password: 'long enough' }, 400, 'USER_NAME_BAD'],
    ['a short password', 'POST', '/users', { name: 'bob', password: 'short' }, 400, 'PASSWORD_BAD'],
    ['a long password', 'POST', '/users', { name: 'bob', password: 'x'.repeat(257) }, 400, 'PASSWORD_BAD'],
    ['a line end', 'POST', '/users', { name: 'bob', password: 'two\nlines here' }, 400, 'PASSWORD_BAD'],
    ['a name twice', 'POST', '/users', { name: 'ada', password: 'long enough' }, 409, 'USER_EXISTS'],
    [
      'an unknown field',
      'POST',
      '/users',
      { name: 'bob', password: 'long enough', x: 1 },
      400,
      'REQUEST_INVALID',
    ],
    ['nobody', 'PUT', '/users/nobody/password', { password: 'long enough' }, 404, 'USER_UNKNOWN'],
    ['nobody again', 'DELETE', '/users/nobody', undefined, 404, 'USER_UNKNOWN'],
  ])('%s is refused, and the refusal has no password in it', async (_, method, path, body, status, title) => {
    await call('POST', '/users', { name: 'Ada', password: 'long enough' });
    const answer = await call(method, path, body);
    expect(answer).toMatchObject({ status, body: { title } });
    expect(JSON.stringify(answer.body)).not.toMatch(/long enough|short$|two/);
    expect(world.context.users.list().map(({ name }) => name)).toEqual(['Ada']);
  });

  it('have passwords in no file of the state folder', async () => {
    await call('POST', '/users', { name: 'ada', password: 'plain to see' });
    const folder = join(world.images, '..');
    for (const name of readdirSync(folder).filter((file) => file.startsWith('fogd.sqlite')))
      expect(readFileSync(join(folder, name), 'latin1')).not.toContain('plain to see');
  });
});

describe('a limit of logins', () => {
  const limit = () => {
    const clock = new VirtualClock();
    return { clock, limit: new LoginLimit(clock) };
  };

  it.each([
    ['one IPv4 address', '10.0.0.1', '10.0.0.1', true],
    ['two IPv4 addresses', '10.0.0.1', '10.0.0.2', false],
    ['one IPv6 network', '2001:db8:0:1::1', '2001:db8::1:ffff:0:0:2', true],
    ['two IPv6 networks', '2001:db8:0:1::1', '2001:db8:0:2::1', false],
  ])('counts %s', (_, first, second, isLimited) => {
    const { limit: one } = limit();
    for (let time = 0; time < 5; time++) one.failed(first);
    expect(one.waitSeconds(second) > 0).toBe(isLimited);
  });

  it('bug: whoever failed before the clock was set back was shut out until it had caught up', () => {
    let now = 1_000_000_000;
    const one = new LoginLimit({ now: () => now });
    for (let time = 0; time < 5; time++) one.failed('10.0.0.1');
    expect(one.waitSeconds('10.0.0.1')).toBeGreaterThan(0);
    now -= 86_400_000;
    expect(one.waitSeconds('10.0.0.1')).toBe(0);
  });

  it('forgives with time, and after a right login', async () => {
    const { limit: one, clock } = limit();
    for (let time = 0; time < 5; time++) {
      one.failed('10.0.0.1');
      await clock.advance(10_000);
    }
    expect(one.waitSeconds('10.0.0.1')).toBe(250);
    await clock.advance(250_000);
    expect(one.waitSeconds('10.0.0.1')).toBe(0);
    for (let time = 0; time < 4; time++) one.failed('10.0.0.1');
    one.succeeded('10.0.0.1');
    one.failed('10.0.0.1');
    expect(one.waitSeconds('10.0.0.1')).toBe(0);
  });
});

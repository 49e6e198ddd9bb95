import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addGroup, changeMembers } from '#actions/manage-groups.js';
import { addHost } from '#actions/manage-hosts.js';
import { listPower } from '#actions/manage-power.js';
import { addToken, OWNER } from '#actions/manage-tokens.js';
import { MAC, makeWorld, type World } from './world.js';

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await addHost(world.context, 'lab-1', [MAC], 'test');
  await addHost(world.context, 'lab-2', ['02:00:00:00:00:02'], 'test');
  await addGroup(world.context, 'room 12', 'test');
  await changeMembers(world.context, 'room 12', 'join', ['lab-1', 'lab-2']);
});
afterEach(() => world.close());

const ADD = '/groups/room%2012/power';
const REMOVE = `${ADD}/remove`;
const night = { action: 'shutdown', cron: '0 20 * * 1-5' };
const told = { action: 'shutdown', cron: '0 20 * * MON-FRI' };
const post = (url: string, payload: object) =>
  world.api.inject({ method: 'POST', url: `/api/v1${url}`, payload });
const audited = () =>
  world.context.audit
    .page({ sort: 'at' })
    .items.map(({ action, subject, summary, outcome }) => `${action} ${subject} [${summary}] ${outcome}`);

describe('power plans of a group', () => {
  it('are given to each host and taken from each; each order has one entry in the audit log', async () => {
    const added = await post(ADD, night);
    expect([added.statusCode, added.json()]).toEqual([
      201,
      {
        plans: [
          { id: 1, host: 'lab-1', ...told },
          { id: 2, host: 'lab-2', ...told },
        ],
        refused: [],
      },
    ]);
    const removed = await post(REMOVE, night);
    expect([removed.statusCode, removed.json()]).toEqual([200, added.json()]);
    expect(listPower(world.context)).toEqual([]);
    expect(audited()).toEqual([
      'group-power-plan-added room 12 [action=shutdown cron=0 20 * * 1-5] done',
      'group-power-plan-removed room 12 [action=shutdown cron=0 20 * * 1-5] done',
    ]);
  });

  it('name each host that refused, and why', async () => {
    await post('/hosts/lab-1/power', night);
    expect((await post(ADD, night)).json()).toEqual({
      plans: [{ id: 2, host: 'lab-2', ...told }],
      refused: [
        {
          host: 'lab-1',
          reason: 'the host lab-1 has that already: shutdown at 0 20 * * MON-FRI: nothing needs to be done',
        },
      ],
    });
    expect((await post(REMOVE, { ...night, action: 'reboot' })).json()).toEqual({
      plans: [],
      refused: ['lab-1', 'lab-2'].map((host) => ({
        host,
        reason: `the host ${host} has no reboot at 0 20 * * MON-FRI: list what it has with: fogd power list ${host}`,
      })),
    });
  });

  it.each([
    ['no time', ADD, { ...night, cron: '@daily' }, 400, 'POWER_TIME_BAD'],
    ['no time to take away', REMOVE, { ...night, cron: '0 25 * * *' }, 400, 'POWER_TIME_BAD'],
    ['no action', ADD, { ...night, action: 'sleep' }, 400, 'REQUEST_INVALID'],
    ['no cron', REMOVE, { action: 'wol' }, 400, 'REQUEST_INVALID'],
    ['an unknown group', '/groups/x/power', night, 404, 'GROUP_UNKNOWN'],
    ['an unknown group to take it from', '/groups/x/power/remove', night, 404, 'GROUP_UNKNOWN'],
  ])('are refused as a whole for %s, with a problem', async (_, url, body, status, title) => {
    const answer = await post(url, body);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect([answer.statusCode, (answer.json() as { title: string }).title]).toEqual([status, title]);
    expect(listPower(world.context)).toEqual([]);
    expect(audited().filter((entry) => !entry.endsWith(' failed'))).toEqual([]);
  });

  it('need hosts:write', async () => {
    const { token } = await addToken(world.context, { name: 'robot', scopes: ['groups:write'] }, OWNER);
    for (const url of [ADD, REMOVE]) {
      const answer = await world.app.inject({
        method: 'POST',
        url: `/api/v1${url}`,
        headers: { authorization: `Bearer ${token}` },
        payload: night,
      });
      expect([answer.statusCode, (answer.json() as { title: string }).title]).toEqual([403, 'TOKEN_SCOPE']);
    }
    expect(listPower(world.context)).toEqual([]);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addGroup, changeMembers } from '#actions/manage-groups.js';
import { addHost } from '#actions/manage-hosts.js';
import {
  addGroupPower,
  addPower,
  listPower,
  orderGroupPower,
  orderPower,
  removeGroupPower,
  removePower,
} from '#actions/manage-power.js';
import type { World } from '../services/http/world.js';
import { knownClient, makeClientWorld, PC_MAC, transportOf } from './client-world.js';
import type { FogClient } from './fog-client.js';

let world: World;
let client: FogClient;
beforeEach(async () => {
  world = await makeClientWorld();
  client = await knownClient(world);
});
afterEach(() => world.close());

const told = async () => {
  await client.cycle();
  expect(client.log).toEqual([]);
  return client.told?.powermanagement;
};

describe('power management', () => {
  it('by the clock is told in the words of the client, at each poll the same', async () => {
    expect(await told()).toEqual({ onDemand: '', tasks: [] });
    await addPower(world.context, 'PC', 'shutdown', '0 22 * * 1-5');
    const { id } = await addPower(world.context, 'PC', 'reboot', '30 6 13 * 5');
    const all = {
      onDemand: '',
      tasks: [
        { cron: '0 22 * * MON-FRI', action: 'shutdown' },
        { cron: '30 6 13 * *', action: 'reboot' },
        { cron: '30 6 * * FRI', action: 'reboot' },
      ],
    };
    expect([await told(), await told()]).toEqual([all, all]);
    await removePower(world.context, id);
    expect(await told()).toEqual({ onDemand: '', tasks: all.tasks.slice(0, 1) });
  });

  it('bug: a line that two plans have in common was told twice', async () => {
    await addPower(world.context, 'PC', 'shutdown', '0 0 1 * MON');
    await addPower(world.context, 'PC', 'shutdown', '0 0 1 * *');
    await addPower(world.context, 'PC', 'reboot', '0 0 1 * *');
    expect(await told()).toMatchObject({
      tasks: [
        { cron: '0 0 1 * *', action: 'shutdown' },
        { cron: '0 0 * * MON', action: 'shutdown' },
        { cron: '0 0 1 * *', action: 'reboot' },
      ],
    });
  });

  it('tells no client to wake anybody: it would shut down', async () => {
    await addPower(world.context, 'PC', 'wol', '30 6 * * 1-5');
    await addPower(world.context, 'PC', 'reboot', '30 6 * * 1-5');
    await orderPower(world.context, 'PC', 'wol', 'ada');
    expect(await told()).toEqual({ onDemand: '', tasks: [{ cron: '30 6 * * MON-FRI', action: 'reboot' }] });
    expect(listPower(world.context, 'PC').map(({ action }) => action)).toEqual(['wol', 'reboot']);
  });

  it('wakes at once and keeps nothing of it; an order for the client stays', async () => {
    await orderPower(world.context, 'PC', 'shutdown', 'ada');
    expect(await orderPower(world.context, 'PC', 'wol', 'ada')).toEqual({
      host: 'PC',
      action: 'wol',
      until: null,
      sentTo: ['10.0.0.255'],
    });
    expect(world.woken).toEqual([PC_MAC]);
    expect(world.context.power.order(1)).toMatchObject({ action: 'shutdown' });
    Object.assign(world.context, { wake: async () => [] });
    await expect(orderPower(world.context, 'PC', 'wol', 'ada')).rejects.toMatchObject({
      code: 'WAKE_NO_NETWORK',
    });
  });

  it('is ordered for all hosts of a group; one that cannot have it keeps no other from it', async () => {
    const other = '00:11:22:33:44:77';
    await addHost(world.context, 'NEW', ['00:11:22:33:44:66'], 'test');
    await world.context.store.commit(() => world.context.hosts.change(2, { pending: true }));
    await addHost(world.context, 'PC-2', [other], 'test');
    await addGroup(world.context, 'room-12', 'test');
    const order = (action: 'wol' | 'reboot') => orderGroupPower(world.context, 'room-12', action, 'ada');
    await expect(order('wol')).rejects.toMatchObject({ code: 'GROUP_EMPTY' });
    await changeMembers(world.context, 'room-12', 'join', ['PC', 'PC-2', 'NEW']);
    const refused = [{ host: 'NEW', reason: expect.stringContaining('wait') }];
    expect(await order('reboot')).toMatchObject({ orders: [{ host: 'PC' }, { host: 'PC-2' }], refused });
    expect(await told()).toMatchObject({ onDemand: 'restart' });
    expect(world.context.power.order(3)).toMatchObject({ action: 'reboot' });
    expect(await order('wol')).toMatchObject({ orders: [{ until: null }, { until: null }], refused });
    expect(world.woken).toEqual([PC_MAC, other]);
  });

  it('by the clock is given to all hosts of a group, and taken from them; one that refuses keeps no other from it', async () => {
    await addGroup(world.context, 'room-12', 'test');
    const shutdown = ['room-12', 'shutdown', '0  20 * * 1-5'] as const;
    await expect(addGroupPower(world.context, ...shutdown)).rejects.toMatchObject({ code: 'GROUP_EMPTY' });
    for (const [index, name] of ['FULL', 'HAS', 'PC-2'].entries())
      await addHost(world.context, name, [`00:11:22:33:55:0${index}`], 'test');
    await changeMembers(world.context, 'room-12', 'join', ['FULL', 'HAS', 'PC', 'PC-2']);
    for (let minute = 0; minute < 32; minute++)
      await addPower(world.context, 'FULL', 'reboot', `${minute} 1 * * *`);
    await addPower(world.context, 'HAS', 'shutdown', '0 20 * * MON-FRI');
    const plan = { action: 'shutdown', cron: '0 20 * * MON-FRI' };
    const { plans, refused } = await addGroupPower(world.context, ...shutdown);
    expect(plans).toMatchObject([
      { host: 'PC', ...plan },
      { host: 'PC-2', ...plan },
    ]);
    expect(refused).toEqual([
      { host: 'FULL', reason: expect.stringContaining('has 32 times') },
      { host: 'HAS', reason: expect.stringContaining('has that already: shutdown at 0 20 * * MON-FRI') },
    ]);
    expect(await told()).toEqual({ onDemand: '', tasks: [plan] });

    // What else they have stays.
    await addPower(world.context, 'PC', 'wol', '0 20 * * 1-5');
    await addPower(world.context, 'PC', 'shutdown', '0 21 * * 1-5');
    const taken = await removeGroupPower(world.context, ...shutdown);
    expect(taken.plans.map(({ host }) => host)).toEqual(['PC', 'HAS', 'PC-2']);
    expect(taken.plans).toContainEqual(plans[0]);
    expect(taken.refused).toEqual([
      { host: 'FULL', reason: expect.stringContaining('the host FULL has no shutdown at 0 20 * * MON-FRI') },
    ]);
    expect(await told()).toEqual({ onDemand: '', tasks: [{ ...plan, cron: '0 21 * * MON-FRI' }] });
    expect(listPower(world.context)).toHaveLength(34);
  });

  it('at no time that there is, or for no group, is refused as a whole', async () => {
    for (const change of [addGroupPower, removeGroupPower]) {
      await expect(change(world.context, 'room-12', 'wol', '0 0 31 2 *')).rejects.toMatchObject({
        code: 'POWER_TIME_BAD',
      });
      await expect(change(world.context, 'room-12', 'wol', '30 6 * * *')).rejects.toMatchObject({
        code: 'GROUP_UNKNOWN',
      });
    }
  });

  it('by order is told once, and a restart is called so', async () => {
    await orderPower(world.context, 'PC', 'shutdown', 'ada');
    await orderPower(world.context, 'PC', 'reboot', 'ada');
    expect(await told()).toEqual({ onDemand: 'restart', tasks: [] });
    expect(await told()).toEqual({ onDemand: '', tasks: [] });
    await orderPower(world.context, 'PC', 'shutdown', 'ada');
    expect(await told()).toMatchObject({ onDemand: 'shutdown' });
  });

  it('an order is not taken away by who only names the MAC', async () => {
    await client.cycle();
    await orderPower(world.context, 'PC', 'shutdown', 'ada');
    const path = `/management/index.php?sub=requestClientInfo&mac=${PC_MAC}`;
    expect((await transportOf(world, '10.66.0.1')('GET', path)).body).toMatch(/^#!enkey=/);
    expect(await told()).toMatchObject({ onDemand: 'shutdown' });
  });

  it('a machine that comes up later does not carry out an order', async () => {
    await orderPower(world.context, 'PC', 'shutdown', 'ada');
    await world.clock.advance(15 * 60_000);
    expect(await told()).toMatchObject({ onDemand: '' });
    expect(world.context.power.order(1)).toBeUndefined();
  });

  it('bug: where clients poll once in an hour, an order was void before they could hear it', async () => {
    await world.close();
    world = await makeClientWorld('[client]\ncheckin_seconds = 3600\n');
    client = await knownClient(world);
    await orderPower(world.context, 'PC', 'shutdown', 'ada');
    await world.clock.advance(3_691_000);
    expect(await told()).toMatchObject({ onDemand: 'shutdown' });
  });

  it('has nothing twice, no end of it, and nothing for who waits for approval', async () => {
    await addPower(world.context, 'PC', 'shutdown', '0 22 * * 5');
    await expect(addPower(world.context, 'PC', 'shutdown', '0  22 * * fri')).rejects.toMatchObject({
      code: 'POWER_PLAN_EXISTS',
    });
    for (let minute = 1; minute < 32; minute++)
      await addPower(world.context, 'PC', 'reboot', `${minute} 1 * * *`);
    await expect(addPower(world.context, 'PC', 'reboot', '0 2 * * *')).rejects.toMatchObject({
      code: 'POWER_PLANS_MANY',
    });
    expect(listPower(world.context, PC_MAC)).toHaveLength(32);
    await addHost(world.context, 'NEW', ['00:11:22:33:44:66'], 'test');
    await world.context.store.commit(() => world.context.hosts.change(2, { pending: true }));
    await expect(orderPower(world.context, 'NEW', 'shutdown', 'ada')).rejects.toMatchObject({
      code: 'HOST_PENDING',
    });
  });
});

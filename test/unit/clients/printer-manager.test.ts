import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { addPrinter, assignPrinters, changePrinter, removePrinter } from '#actions/manage-printers.js';
import { pollFacts } from '#client-modules/poll-facts.js';
import { printerManager } from '#client-modules/printer-manager.js';
import { makeWorld, type World } from '../services/http/world.js';
import { PC_MAC } from './client-world.js';

const HALL = '\\\\print\\hall';
let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await addHost(world.context, 'PC', [PC_MAC], 'test');
  await addPrinter(world.context, { name: HALL, type: 'network' });
  await addPrinter(world.context, {
    ...{ name: 'laser', type: 'local', port: 'IP_9', ip: '10.0.0.9', model: 'HP', file: 'C:\\hp.inf' },
  });
});
afterEach(() => world.close());

const told = () => {
  const host = world.context.hosts.byName('PC');
  if (!host) throw new Error('no host');
  const server = { scheme: 'http', host: '10.0.0.1', ip: '10.0.0.1' } as const;
  return printerManager.tell(world.context, {
    ...pollFacts(world.context, host),
    ...{ host, address: '10.0.0.50', server },
    key: Buffer.alloc(32),
  });
};
const hall = { type: 'Network', port: '', file: '', model: '', name: HALL, configFile: '' };

describe('what a client is told of printers', () => {
  it('is to leave them alone, until somebody assigns some', async () => {
    expect(told()).toEqual({ mode: '0', allPrinters: [], default: '', printers: [] });
    await assignPrinters(world.context, 'PC', { printers: [HALL], default: HALL });
    expect(told()).toEqual({ mode: '0', allPrinters: [], default: '', printers: [] });
  });

  it('has no address where there is none: an empty one would make a port', async () => {
    await assignPrinters(world.context, 'PC', { mode: 'managed', printers: [HALL, 'LASER'], default: HALL });
    expect(told()).toEqual({
      mode: 'a',
      allPrinters: [HALL, 'laser'],
      default: HALL,
      printers: [
        hall,
        {
          ...{ type: 'Local', port: 'IP_9', file: 'C:\\hp.inf', model: 'HP', name: 'laser' },
          ip: '10.0.0.9',
          configFile: '',
        },
      ],
    });
  });

  it.each([
    ['managed', 'a'],
    ['exclusive', 'ar'],
  ] as const)('without any, %s, is that error by which it removes what is surplus', async (mode, word) => {
    await assignPrinters(world.context, 'PC', { mode });
    expect(told()).toEqual({
      error: 'np',
      mode: word,
      allPrinters: [HALL, 'laser'],
      default: '',
      printers: [],
    });
  });
});

describe('assignments', () => {
  it('change only what is named; the default one goes with its printer', async () => {
    const first = { mode: 'managed', printers: [HALL, 'laser'], default: 'laser' } as const;
    expect(await assignPrinters(world.context, 'PC', first)).toEqual({ host: 'PC', ...first });
    expect(await assignPrinters(world.context, PC_MAC, {})).toEqual({ host: 'PC', ...first });
    expect(await assignPrinters(world.context, 'PC', { printers: [HALL, HALL] })).toMatchObject({
      printers: [HALL],
      default: null,
    });
    await removePrinter(world.context, 1);
    expect(await assignPrinters(world.context, 'PC', {})).toMatchObject({ printers: [] });
  });

  it('of what is not there, or a default that is not assigned, change nothing', async () => {
    await assignPrinters(world.context, 'PC', { printers: [HALL] });
    for (const [order, code] of [
      [{ mode: 'exclusive', printers: ['laser', 'none'] }, 'PRINTER_UNKNOWN'],
      [{ mode: 'exclusive', default: 'laser' }, 'PRINTER_NOT_ASSIGNED'],
    ] as const)
      await expect(assignPrinters(world.context, 'PC', order)).rejects.toMatchObject({ code });
    expect(await assignPrinters(world.context, 'PC', {})).toMatchObject({ mode: 'off', printers: [HALL] });
  });
});

describe('printers', () => {
  it('are changed as a whole that can be, and have names of their own', async () => {
    expect(await changePrinter(world.context, 2, { ip: '', description: 'old' })).toMatchObject({
      ip: '',
      model: 'HP',
    });
    for (const [work, code] of [
      [changePrinter(world.context, 2, { type: 'network' }), 'PRINTER_BAD'],
      [changePrinter(world.context, 2, { name: HALL.toUpperCase() }), 'PRINTER_EXISTS'],
      [changePrinter(world.context, 9, {}), 'PRINTER_UNKNOWN'],
      [removePrinter(world.context, 9), 'PRINTER_UNKNOWN'],
      [addPrinter(world.context, { name: HALL, type: 'network' }), 'PRINTER_EXISTS'],
    ] as const)
      await expect(work).rejects.toMatchObject({ code });
    expect(world.context.printers.byId(2)).toMatchObject({ name: 'laser', type: 'local' });
  });

  it('have an end', async () => {
    await world.context.store.commit(() => {
      const rest = { description: '', port: 'x', file: '', model: '', ip: '', configFile: '' };
      for (let n = 2; n < 1_000; n++) world.context.printers.add({ name: `p${n}`, type: 'iprint', ...rest });
    });
    await expect(
      addPrinter(world.context, { name: 'last', type: 'iprint', port: 'x' }),
    ).rejects.toMatchObject({ code: 'PRINTERS_MANY' });
  });
});

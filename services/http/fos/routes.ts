import type { FastifyInstance, FastifyRequest } from 'fastify';
import { changeTask } from '#actions/change-task.js';
import type { Context } from '#actions/context.js';
import { recordInventory } from '#actions/record-inventory.js';
import { type Registration, registerFully, registerQuickly } from '#actions/register-host.js';
import { clean, INVENTORY_FIELDS, type InventoryField, inventoryFrom } from '#domain/inventory.js';
import { messageOf } from '#errors.js';
import type { Decision, Recorder } from '#trace/decision.js';
import { clientAddress } from '../address.js';
import { parseFields } from '../form.js';
import { listing } from './listing.js';
import { macsOf } from './machine.js';
import { base64Field, decodeBase64, decodeOptional } from './value.js';

export interface FosOptions {
  readonly context: Context;
  readonly recorder: Recorder;
  readonly version: string;
}

/** What an endpoint answers and how that goes into the story. */
interface Answer {
  readonly body: string;
  readonly event: string;
  readonly outcome: Decision['outcome'];
  readonly reasons?: readonly string[];
  readonly facts?: Decision['facts'];
}

interface Call {
  readonly fields: ReadonlyMap<string, string>;
  readonly macs: readonly string[];
}

/** What FOS compares answers with, byte for byte (spec 8.1 no. 1). */
const GO = '##@GO';
const DONE = '##';
const OK = '#!ok';

/**
 * The endpoints that FOS calls (spec fos-protocol 3), under `/fog/`. Always status 200 with the literal body: any other status is to FOS
 * just a body that it does not expect, and the reason would be lost.
 */
export async function fosRoutes(
  app: FastifyInstance,
  { context, recorder, version }: FosOptions,
): Promise<void> {
  app.setErrorHandler((error, request, reply) => {
    const reason = messageOf(error);
    recorder.record(
      decision(request, [], { body: '', event: 'request-failed', outcome: 'failed', reasons: [reason] }),
    );
    return reply
      .code(200)
      .type('text/plain; charset=utf-8')
      .send(`fogd: ${clean(reason)}`);
  });

  const post = (name: string, handle: (call: Call) => Promise<Answer> | Answer) => {
    app.post(`/service/${name}`, async (request, reply) => {
      const fields = parseFields(typeof request.body === 'string' ? request.body : '');
      const call = { fields, macs: macsOf(fields) };
      const answer = await handle(call);
      recorder.record(decision(request, call.macs, answer, fields));
      return reply.type('text/plain; charset=utf-8').send(answer.body);
    });
  };
  const get = (path: string, body: () => string) => {
    app.get(path, (_, reply) => reply.type('text/plain; charset=utf-8').send(body()));
  };

  // The first sign of life of FOS: HEAD, with a doubled slash since `web=` ends in one (spec 2.4). GET is for people and monitors.
  app.get('/index.php', (request, reply) => {
    if (request.method === 'HEAD') {
      recorder.record(decision(request, [], { body: '', event: 'fos-started', outcome: 'answered' }));
    }
    return reply.type('text/plain; charset=utf-8').send('fogd\n');
  });

  get('/service/getversion.php', () => version);

  post('man.hostexists.php', ({ macs }) => {
    if (!context.settings.registration.enabled) return refused('Registration is disabled on this server');
    if (macs.length === 0) return refused('Invalid MAC Address!');
    const [known] = context.hosts.byMacs(macs);
    if (known) return refused(`This machine already registered as ${known.name}`);
    return { body: OK, event: 'registration-asked', outcome: 'answered' };
  });

  post('hostnameloop.php', ({ fields }) => {
    const name = base64Field(fields, 'host');
    const host = context.hosts.byName(name);
    if (!host)
      return { body: OK, event: 'name-asked', outcome: 'answered', facts: { name: clean(name, 60) } };
    const mac = host.macs[0]?.mac ?? '';
    return {
      body: `\tA host with that name already exists\n\tThe primary mac associated is: ${mac}`,
      event: 'name-asked',
      outcome: 'refused',
      reasons: [`the name ${clean(name, 60)} is taken`],
    };
  });

  post('auto.register.php', async ({ fields, macs }) => {
    const isFull = decodeOptional(fields.get('advanced')) === '1';
    const registration = isFull
      ? await registerFully(context, {
          macs,
          name: decodeOptional(fields.get('host')),
          primaryUser: decodeOptional(fields.get('primaryuser')),
          other1: decodeOptional(fields.get('other1')),
          other2: decodeOptional(fields.get('other2')),
        })
      : await registerQuickly(context, { macs, serial: base64Field(fields, 'sysserial') });
    return registrationAnswer(registration, isFull ? 'Done, without imaging!' : 'Done');
  });

  post('inventory.php', async ({ fields, macs }) => {
    const values: Partial<Record<InventoryField, string>> = {};
    for (const field of INVENTORY_FIELDS) values[field] = base64Field(fields, field);
    const host = await recordInventory(context, macs, inventoryFrom(values));
    // Any text ends the client's loop; an empty body would cost it 20 seconds (spec 3.9).
    if (!host)
      return {
        body: 'Invalid Host',
        event: 'inventory',
        outcome: 'refused',
        reasons: ['this machine is no registered host'],
      };
    return { body: 'Done', event: 'inventory', outcome: 'answered', facts: { host: host.name } };
  });

  post('Pre_Stage1.php', ({ macs }) => taskAnswer(macs, 'check-in', GO));
  post('Post_Wipe.php', ({ macs }) => taskAnswer(macs, 'complete', DONE));

  const taskAnswer = async (
    macs: readonly string[],
    event: 'check-in' | 'complete',
    success: string,
  ): Promise<Answer> => {
    if (macs.length === 0)
      return { body: 'Invalid MAC Address!', event, outcome: 'refused', reasons: ['no valid MAC address'] };
    const change = await changeTask(
      context,
      macs,
      event,
      event === 'check-in' ? 'the machine checked in' : 'the machine completed it',
    );
    switch (change.kind) {
      case 'done':
        return {
          body: success,
          event,
          outcome: 'answered',
          facts: { host: change.host.name, task: change.task.id },
        };
      case 'repeated':
        return {
          body: success,
          event,
          outcome: 'answered',
          reasons: ['the same call once more; nothing changed'],
        };
      case 'unknown-host':
        return {
          body: 'Invalid Host',
          event,
          outcome: 'refused',
          reasons: ['this machine is no registered host'],
        };
      case 'no-task': {
        const body = `No Active Task found for Host: ${change.host.name} (${macs[0]})`;
        return { body, event, outcome: 'refused', reasons: [`host ${change.host.name} has no active task`] };
      }
    }
  };

  // Nobody has an account yet; the client then registers without imaging.
  post('checkcredentials.php', () => ({
    body: '#!il',
    event: 'login',
    outcome: 'refused',
    reasons: ['there are no users yet'],
  }));

  for (const kind of ['image', 'group', 'snapin', 'location'] as const) {
    get(`/service/${kind}listing.php`, () => listing(`${kind}s`, []));
  }
  get('/service/oulisting.php', () => listing('ous', []));
  // Anything but `##` means that the feature is not there.
  get('/service/locationcheck.php', () => '');
  get('/service/oucheck.php', () => '');

  post('taskerror.php', ({ fields }) => {
    const text = clean(fields.get('text') ?? '', 2000);
    const kind = fields.get('type') === 'warning' ? 'warning' : 'error';
    return {
      body: DONE,
      event: `client-${kind}`,
      outcome: 'answered',
      reasons: [text],
      facts: { program: clean(fields.get('script') ?? '', 40) },
    };
  });
}

function registrationAnswer(registration: Registration, done: string): Answer {
  switch (registration.kind) {
    case 'registered':
      return {
        body: done,
        event: 'registered',
        outcome: 'answered',
        facts: { host: registration.host.name },
      };
    case 'known':
      return {
        body: `This machine already registered as ${registration.host.name}`,
        event: 'registration',
        outcome: 'refused',
        reasons: [`already registered as ${registration.host.name}`],
      };
    case 'refused':
      return refused(registration.reason);
  }
}

function refused(reason: string): Answer {
  return { body: reason, event: 'registration', outcome: 'refused', reasons: [reason] };
}

function decision(
  request: FastifyRequest,
  macs: readonly string[],
  { event, outcome, reasons, facts }: Answer,
  fields: ReadonlyMap<string, string> = new Map(),
): Decision {
  const uuid = uuidOf(fields.get('sysuuid'));
  return {
    service: 'fos',
    event,
    outcome,
    who: {
      ip: clientAddress(request),
      ...(macs[0] === undefined ? {} : { mac: macs[0] }),
      ...(uuid === undefined ? {} : { uuid }),
    },
    reasons: reasons ?? [],
    facts: { ...facts, path: request.routeOptions.url ?? '' },
  };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Plain in task calls, base64 in registration and inventory. */
function uuidOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return [value.trim().toLowerCase(), decodeBase64(value).toLowerCase()].find((text) => UUID.test(text));
}

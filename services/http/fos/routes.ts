import type { FastifyInstance, FastifyRequest } from 'fastify';
import { checkIn } from '#actions/check-in.js';
import { completeTask } from '#actions/complete-task.js';
import type { Context } from '#actions/context.js';
import { verifyLogin } from '#actions/manage-users.js';
import { openSession, sessionOf } from '#actions/open-session.js';
import { recordInventory } from '#actions/record-inventory.js';
import { type Registration, registerFully, registerQuickly } from '#actions/register-host.js';
import { failTask, requeueTask } from '#actions/report-failure.js';
import { reportProgress } from '#actions/report-progress.js';
import { offerUsbToken, usbHostInfo } from '#actions/usb-boot.js';
import type { BootServer } from '#boot/parts.js';
import { primaryMac } from '#domain/host.js';
import { clean, INVENTORY_FIELDS, type InventoryField, inventoryFrom } from '#domain/inventory.js';
import { taskType } from '#domain/task-type.js';
import { messageOf } from '#errors.js';
import type { Decision, Recorder } from '#trace/decision.js';
import { clientAddress, localAddress } from '../address.js';
import { parseFields } from '../form.js';
import { listing } from './listing.js';
import { macsOf } from './machine.js';
import { base64Field, decodeBase64, decodeOptional } from './value.js';

export interface FosOptions {
  readonly context: Context;
  readonly recorder: Recorder;
  readonly version: string;
  /** The server as a machine sees it that reached this local address. */
  readonly serverAt: (localAddress: string) => BootServer;
}

/** What an endpoint answers and how that goes into the story. */
interface Answer {
  readonly body: string;
  readonly event: string;
  readonly outcome: Decision['outcome'];
  /** Not worth a line in the story. */
  readonly silent?: true;
  /** Of the session, where the call itself names none. */
  readonly mac?: string;
  readonly reasons?: readonly string[];
  readonly facts?: Decision['facts'];
}

interface Call {
  readonly fields: ReadonlyMap<string, string>;
  readonly macs: readonly string[];
  /** Of the boot session, from the path. */
  readonly token: string | undefined;
  /** The caller's. */
  readonly address: string;
  readonly server: BootServer;
}

/** What FOS compares answers with, byte for byte (spec 8.1 no. 1). */
const GO = '##@GO';
const DONE = '##';
const OK = '#!ok';

/** Progress goes into the story no oftener than this for a task, so that it tells the way and not each step. */
const STORY_EVERY_MS = 10_000;
const MAX_TOLD = 10_000;

/**
 * The endpoints that FOS calls (spec fos-protocol 3), under `/fog/t/TOKEN/` for machines that were given a boot script, and under `/fog/`
 * for others, which can do nothing there that takes a session. Always status 200 with the literal body: any other status is to FOS
 * just a body that it does not expect, and the reason would be lost.
 */
export async function fosRoutes(
  app: FastifyInstance,
  { context, recorder, version, serverAt }: FosOptions,
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
    const path = name.includes('/') ? name : `service/${name}`;
    app.post(`/${path}`, async (request, reply) => {
      const fields = parseFields(typeof request.body === 'string' ? request.body : '');
      const call = {
        fields,
        macs: macsOf(fields),
        token: tokenOf(request),
        address: clientAddress(request),
        server: serverAt(localAddress(request)),
      };
      const answer = await handle(call);
      if (!answer.silent) recorder.record(decision(request, call.macs, answer, fields));
      return reply.type('text/plain; charset=utf-8').send(answer.body);
    });
  };
  const get = (path: string, body: () => string) => {
    app.get(path, (_, reply) => reply.type('text/plain; charset=utf-8').send(body()));
  };

  // The first sign of life of FOS: HEAD, with a doubled slash since `web=` ends in one (spec 2.4). GET is for people and monitors.
  app.get('/index.php', async (request, reply) => {
    if (request.method === 'HEAD') recorder.record(decision(request, [], await firstSign(request)));
    // Whatever came of it: to FOS any other status means that there is no network (spec 2.4). It hears the reason at its check-in.
    return reply.type('text/plain; charset=utf-8').send('fogd\n');
  });

  const firstSign = async (request: FastifyRequest): Promise<Answer> => {
    const token = tokenOf(request);
    if (token === undefined) return { body: '', event: 'fos-started', outcome: 'answered' };
    const opening = await openSession(context, token, clientAddress(request));
    if (opening.kind === 'dead')
      return { body: '', event: 'session-refused', outcome: 'refused', reasons: [opening.reason] };
    const { session } = opening;
    return {
      body: '',
      event: 'session-opened',
      outcome: opening.kind === 'open' ? 'answered' : 'failed',
      mac: session.mac,
      reasons: opening.kind === 'open' ? [] : [opening.reason],
      facts: { session: session.id, kind: session.kind },
    };
  };

  get('/service/getversion.php', () => version);

  post('status/hostgetkey.php', async ({ macs, address, server }) => {
    const answer = await offerUsbToken(context, macs, address, server);
    if ('token' in answer) return { body: answer.token, event: 'usb-started', outcome: 'answered' };
    return { body: answer.refused, event: 'usb-started', outcome: 'refused', reasons: [answer.refused] };
  });
  post('hostinfo.php', async ({ fields, address, server }) => {
    const answer = await usbHostInfo(context, fields.get('hosttoken') ?? '', address, server);
    if ('shell' in answer) return { body: answer.shell, event: 'session-opened', outcome: 'answered' };
    return { body: answer.refused, event: 'session-refused', outcome: 'refused', reasons: [answer.refused] };
  });

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

  post('auto.register.php', async ({ fields, macs, address }) => {
    const isFull = decodeOptional(fields.get('advanced')) === '1';
    const registration = isFull
      ? await registerFully(context, {
          macs,
          name: decodeOptional(fields.get('host')),
          primaryUser: decodeOptional(fields.get('primaryuser')),
          other1: decodeOptional(fields.get('other1')),
          other2: decodeOptional(fields.get('other2')),
          imageId: decodeOptional(fields.get('imageid')),
          groupIds: decodeOptional(fields.get('groupid')),
          productKey: decodeOptional(fields.get('productKey')),
          deploy: decodeOptional(fields.get('doimage')) === '1',
          login: {
            name: decodeOptional(fields.get('username')),
            password: decodeOptional(fields.get('password')),
          },
          address,
        })
      : await registerQuickly(context, {
          macs,
          serial: base64Field(fields, 'sysserial'),
          productKey: decodeOptional(fields.get('productKey')),
        });
    return registrationAnswer(registration, isFull ? 'Done, without imaging!' : 'Done');
  });

  post('inventory.php', async ({ fields, macs, token }) => {
    const values: Partial<Record<InventoryField, string>> = {};
    for (const field of INVENTORY_FIELDS) values[field] = base64Field(fields, field);
    const host = await recordInventory(context, macs, inventoryFrom(values));
    // Any text ends the client's loop; an empty body would cost it 20 seconds (spec 3.9).
    if (!host) {
      const session = token === undefined ? undefined : sessionOf(context, token);
      const isQuickDeploy = session !== undefined && session.imageId !== null;
      return {
        body: 'Invalid Host',
        event: 'inventory',
        outcome: isQuickDeploy ? 'ignored' : 'refused',
        reasons: ['this machine is no registered host'],
        ...(session ? { mac: session.mac } : {}),
      };
    }
    return { body: 'Done', event: 'inventory', outcome: 'answered', facts: { host: host.name } };
  });

  const toldPlaces = new Map<number, number>();
  const checkInCall = async ({ token, fields, address, macs }: Call): Promise<Answer> => {
    const result = await checkIn(context, { token, type: fields.get('type'), address });
    switch (result.kind) {
      case 'refused':
        return { body: result.reason, event: 'check-in', outcome: 'refused', reasons: [result.reason] };
      case 'wait': {
        // Asked every 5 s: the story is told when the place changes.
        const isTold = toldPlaces.get(result.task.id) === result.before;
        toldPlaces.set(result.task.id, result.before);
        return {
          body: result.text,
          event: 'queued',
          outcome: 'answered',
          ...(isTold ? { silent: true as const } : {}),
          mac: primaryMac(result.host),
          facts: { task: result.task.id, before: result.before, text: result.text },
        };
      }
      case 'go': {
        const { host, task, image, again } = result;
        toldPlaces.delete(task.id);
        const type = taskType(task.typeId)?.imaging;
        return {
          body: GO,
          event: type === undefined ? 'check-in' : 'imaging-started',
          outcome: 'answered',
          mac: macs[0] ?? primaryMac(host),
          reasons: again ? ['it began again'] : [],
          facts: {
            host: host.name,
            task: task.id,
            ...(type === undefined ? {} : { kind: type }),
            ...(image ? { image: image.name, generation: image.generation } : {}),
          },
        };
      }
    }
  };
  // The same for FOS; nothing here is multicast yet (spec 3.5).
  for (const name of ['Pre_Stage1.php', 'mc_checkin.php']) post(name, checkInCall);

  const toldAt = new Map<number | string, number>();
  post('progress.php', async ({ token, fields }) => {
    const report = await reportProgress(context, token, decodeBase64(fields.get('status') ?? ''));
    if (!report?.progress) return { body: '', event: 'progress', outcome: 'answered', silent: true };
    const { task, image, progress } = report;
    const key = task?.id ?? token ?? '';
    const isDue = progress.at - (toldAt.get(key) ?? 0) >= STORY_EVERY_MS;
    if (!isDue) return { body: '', event: 'progress', outcome: 'answered', silent: true };
    if (toldAt.size >= MAX_TOLD) toldAt.clear();
    toldAt.set(key, progress.at);
    const { percent, rate, copied, total } = progress;
    return {
      body: '',
      event: 'progress',
      outcome: 'answered',
      facts: {
        percent,
        rate,
        copied,
        total,
        ...(task ? { task: task.id } : {}),
        ...(image ? { image: image.name } : {}),
      },
    };
  });

  post('blame.php', async ({ token }) => {
    const task = await requeueTask(context, token);
    return {
      body: DONE,
      event: 'client-error',
      outcome: 'answered',
      reasons: ['the machine could not use the share: is 2049/tcp, 20048/tcp and 111/tcp open to it?'],
      ...(task ? { facts: { task: task.id } } : {}),
    };
  });

  const completion = async ({ token, fields }: Call, type: string | undefined): Promise<Answer> => {
    const result = await completeTask(context, token, type ?? fields.get('type'));
    switch (result.kind) {
      case 'refused':
        return { body: result.reason, event: 'complete', outcome: 'refused', reasons: [result.reason] };
      case 'damaged':
        return {
          body: result.reason,
          event: 'capture-refused',
          outcome: 'refused',
          reasons: [result.reason],
        };
      case 'repeated':
        return {
          body: DONE,
          event: 'complete',
          outcome: 'answered',
          reasons: ['the same call once more; nothing changed'],
        };
      case 'done': {
        const { host, task, image, milliseconds, warnings } = result;
        toldAt.delete(task.id);
        const kind = taskType(task.typeId)?.imaging;
        const events = { capture: 'capture-published', deploy: 'deployed' } as const;
        const bytes = result.bytes ?? image?.clientBytes;
        return {
          body: DONE,
          event: kind === undefined ? 'complete' : events[kind],
          outcome: 'answered',
          reasons: warnings,
          mac: primaryMac(host),
          facts: {
            host: host.name,
            task: task.id,
            milliseconds,
            ...(image ? { image: image.name } : {}),
            ...(image && kind === 'capture' ? { generation: image.generation + 1 } : {}),
            ...(bytes === undefined ? {} : { bytes }),
            ...(result.files === undefined ? {} : { files: result.files }),
          },
        };
      }
    }
  };
  post('Post_Stage2.php', (call) => completion(call, 'up'));
  post('Post_Stage3.php', (call) => completion(call, 'down'));
  post('Post_Wipe.php', (call) => completion(call, undefined));

  post('checkcredentials.php', async ({ fields, address }) => {
    const [name, password] = [base64Field(fields, 'username'), base64Field(fields, 'password')];
    const login = await verifyLogin(context, { name, password, address });
    switch (login.kind) {
      case 'ok':
        return { body: OK, event: 'login', outcome: 'answered', facts: { user: login.user.name } };
      case 'wrong':
        return { body: '#!il', event: 'login', outcome: 'refused', reasons: ['wrong name or password'] };
      case 'limited':
        return { body: '#!rl', event: 'login', outcome: 'refused', reasons: ['too many failed logins'] };
    }
  });

  get('/service/imagelisting.php', () =>
    listing(
      'images',
      context.images.list().filter(({ enabled }) => enabled),
    ),
  );
  get('/service/grouplisting.php', () => listing('groups', context.groups.list()));
  post('av.php', ({ fields }) => {
    const found = clean(base64Field(fields, 'string'), 500);
    const isMode = /^[sq]$/.test(fields.get('mode') ?? '');
    return {
      body: isMode ? 'Accepted' : 'Invalid operational mode',
      event: 'virus-found',
      outcome: isMode ? 'answered' : 'refused',
      reasons: [found],
    };
  });
  for (const kind of ['snapins', 'locations', 'ous'])
    get(`/service/${kind.slice(0, -1)}listing.php`, () => listing(kind, []));
  // Anything but `##` means that the feature is not there.
  get('/service/locationcheck.php', () => '');
  get('/service/oucheck.php', () => '');

  post('taskerror.php', async ({ token, fields }) => {
    const text = clean(fields.get('text') ?? '', 2000);
    const kind = fields.get('type') === 'warning' ? 'warning' : 'error';
    const failed = kind === 'error' ? await failTask(context, token, text) : undefined;
    return {
      body: DONE,
      event: `client-${kind}`,
      outcome: 'answered',
      reasons: [text],
      facts: {
        program: clean(fields.get('script') ?? '', 40),
        ...(failed ? { task: failed.id } : {}),
      },
    };
  });
}

function registrationAnswer(registration: Registration, done: string): Answer {
  switch (registration.kind) {
    case 'registered': {
      const { host, imaging } = registration;
      const isRefused = imaging !== undefined && !imaging.ordered;
      return {
        body: isRefused ? `Done, without imaging! ${imaging.reason}` : imaging ? 'Done, with imaging' : done,
        event: 'registered',
        outcome: 'answered',
        reasons: isRefused ? [imaging.reason] : [],
        facts: { host: host.name },
      };
    }
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

/** In the path of those routes that are below `/t/TOKEN/`. */
function tokenOf(request: FastifyRequest): string | undefined {
  return (request.params as { token?: string }).token;
}

function decision(
  request: FastifyRequest,
  macs: readonly string[],
  { event, outcome, reasons, facts, mac = macs[0] }: Answer,
  fields: ReadonlyMap<string, string> = new Map(),
): Decision {
  const uuid = uuidOf(fields.get('sysuuid'));
  return {
    service: 'fos',
    event,
    outcome,
    who: {
      ip: clientAddress(request),
      ...(mac === undefined ? {} : { mac }),
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

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Authorisation, authoriseClient } from '#actions/authorise-client.js';
import { pollClient } from '#actions/poll-client.js';
import { type ClientRegistered, registerClient } from '#actions/register-client.js';
import { trackUser } from '#actions/track-user.js';
import { serverUrl } from '#boot/server.js';
import { needsNetworkBoot } from '#client-modules/task-reboot.js';
import { namedServer } from '../address.js';
import { Banner } from './banner.js';
import { configuration } from './configuration.js';
import {
  type ClientAnswer,
  type ClientCall,
  type ClientEndpoints,
  type ClientOptions,
  clientEndpoints,
  HANDSHAKE_FIRST,
  type Note,
  problem,
  route,
} from './endpoint.js';
import { snapinEndpoints } from './snapin-routes.js';

const BANNER = '/management/other/banner.png';

/** What FOG Client asks for (spec client-protocol 3, 4), below `/fog`. */
export async function clientRoutes(app: FastifyInstance, options: ClientOptions): Promise<void> {
  const { context, serverAt, hasHttps } = options;
  const { settings, clock } = context;
  const desk = clientEndpoints(app, options);
  const banner = new Banner(settings.client.banner, clock, (reason) =>
    options.recorder.record({
      service: 'client',
      event: 'banner-failed',
      outcome: 'failed',
      who: {},
      reasons: [reason],
    }),
  );

  /** The one answer that leads elsewhere, by the admin's wish. Only 302 does, and only from 0.11.18 on (spec client-protocol 3.1). */
  const elsewhere = (request: FastifyRequest): string | undefined =>
    settings.client.move_to_https && request.protocol === 'http' && hasHttps()
      ? serverUrl(namedServer(request, serverAt, 'https'), request.url.replace(/^\/+/, ''))
      : undefined;

  route(app, '/management/index.php', async (request, reply) => {
    const call = desk.read(request);
    if (call.fields.get('sub')?.toLowerCase() !== 'requestclientinfo') return notFound(reply);
    if (call.fields.has('authorize')) {
      const target = request.method === 'POST' ? elsewhere(request) : undefined;
      if (target !== undefined) {
        desk.note(request, call.macs, { event: 'client-moved', outcome: 'answered' });
        return reply.redirect(target, 302);
      }
      return desk.answer(request, reply, await authorise(desk, options, call));
    }
    if (call.fields.has('configure')) {
      context.clientContacts.configured(call.address, clock.now());
      const picture = await banner.picture();
      const values = configuration(
        settings.client,
        context.random(2),
        picture && { url: BANNER, hash: picture.hash },
      );
      return desk.answer(request, reply, { body: JSON.stringify(values) });
    }
    return desk.answer(request, reply, await poll(desk, options, call));
  });

  app.get(BANNER, async (_request, reply) => {
    const picture = await banner.picture();
    return picture ? reply.type('image/png').send(picture.bytes) : notFound(reply);
  });

  desk.call('/service/register.php', async ({ fields, macs, address }) =>
    registration(await registerClient(context, { hostname: fields.get('hostname') ?? '', macs, address })),
  );

  desk.call('/service/usertracking.report.php', async ({ fields, macs, address }) => {
    const [action, user] = [fields.get('action') ?? '', fields.get('user') ?? ''];
    const code = await trackUser(context, { macs, action, user, address });
    return { body: code === undefined ? '{}' : problem(code) };
  });

  // Asked once more when somebody was working and the time to object is over: does the task still wait? (spec client-protocol 7.7)
  desk.sealed('/service/jobs.php', (_call, host) =>
    needsNetworkBoot(context.tasks.active(host.id)) ? { job: 'ok' } : { error: 'nj' },
  );
  snapinEndpoints(app, desk, options);
}

function notFound(reply: FastifyReply): FastifyReply {
  reply.callNotFound();
  return reply;
}

async function authorise(
  desk: ClientEndpoints,
  { context }: ClientOptions,
  { form, macs, address }: ClientCall,
): Promise<ClientAnswer> {
  const sealedKey = form.get('sym_key') ?? '';
  const sealedToken = form.get('token') ?? '';
  const result = await authoriseClient(context, { macs, sealedKey, sealedToken, address });
  const note = authorisationNote(result);
  if (result.kind === 'refused') return { body: problem(result.code), ...(note && { note }) };
  const text = JSON.stringify({ token: result.session.token.toString('hex') });
  return { body: desk.seal('#!en=', text, result.session.key), ...(note && { note }) };
}

/** That it comes again every half hour is no news. */
function authorisationNote(result: Authorisation): Note | undefined {
  if (result.kind === 'refused') {
    const { host, code, reason } = result;
    const facts = { code };
    return { event: 'client-refused', outcome: 'refused', reasons: [reason], facts, ...(host && { host }) };
  }
  const { host, how, wasAway } = result;
  if (how === 'first') return { event: 'client-trusted', outcome: 'answered', host };
  return wasAway ? { event: 'client-authorised', outcome: 'answered', host } : undefined;
}

async function poll(
  desk: ClientEndpoints,
  { context }: ClientOptions,
  { macs, address, server }: ClientCall,
): Promise<ClientAnswer> {
  const told = await pollClient(context, { macs, address, server });
  if (told.kind === 'none') {
    const note = { event: 'client-poll', outcome: 'refused', reasons: [told.reason] } as const;
    return { body: problem(told.code), note };
  }
  if (told.kind === 'no-session') return { body: HANDSHAKE_FIRST };
  const { host, key, text, changed, problems } = told;
  const body = desk.seal('#!enkey=', text, key);
  if (problems.length > 0)
    return { body, note: { event: 'client-told', outcome: 'failed', host, reasons: problems } };
  if (changed.length === 0) return { body };
  const facts = { modules: changed.join(' ') };
  return { body, note: { event: 'client-told', outcome: 'answered', host, facts } };
}

/** The client ignores the answer; people with curl do not. */
function registration(result: ClientRegistered): ClientAnswer {
  const event = 'client-registered';
  switch (result.kind) {
    case 'registered': {
      const { host } = result;
      return {
        body: '{"complete":true}',
        note: { event, outcome: 'answered', host, facts: { host: host.name } },
      };
    }
    case 'macs': {
      const { host, count } = result;
      return {
        body: '{"complete":true}',
        note: { event: 'client-macs', outcome: 'answered', host, facts: { host: host.name, count } },
      };
    }
    case 'nothing':
      return { body: problem('ig') };
    case 'refused':
      return {
        body: problem(result.code),
        note: {
          event,
          outcome: 'refused',
          reasons: [result.reason],
          ...(result.host && { host: result.host }),
        },
      };
  }
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '#actions/context.js';
import { currentSession } from '#actions/find-client.js';
import type { BootServer } from '#boot/server.js';
import { type Host, primaryMac } from '#domain/host.js';
import { parseMacList } from '#domain/mac.js';
import { errnoOf, messageOf } from '#errors.js';
import { RandomPool } from '#random-pool.js';
import { RecentMap } from '#recent-map.js';
import type { Decision, Recorder } from '#trace/decision.js';
import { clientAddress, namedServer, type ServerAt } from '../address.js';
import { parseFields, parseQuery } from '../form.js';
import { BLOCK_BYTES, type EnvelopePrefix, seal } from './envelope.js';

export interface ClientOptions {
  readonly context: Context;
  readonly recorder: Recorder;
  readonly serverAt: ServerAt;
  /** Whether HTTPS listens now. */
  readonly hasHttps: () => boolean;
}

/** A call of FOG Client. Names of fields are in lower case, since it is free in them (spec client-protocol 4). */
export interface ClientCall {
  /** Of the query, and after it of the body. */
  readonly fields: ReadonlyMap<string, string>;
  /** Of the body alone: what must not be done by a link. */
  readonly form: ReadonlyMap<string, string>;
  readonly macs: readonly string[];
  readonly address: string;
  readonly server: BootServer;
}

/** What goes into the story; left out where it is the everyday. */
export type Note = Pick<Decision, 'event' | 'outcome'> & {
  readonly host?: Host;
  readonly reasons?: readonly string[];
  readonly facts?: Decision['facts'];
};

/** The body, to the byte: the client reads the whole of it (spec client-protocol 2.5). The status is always 200. */
export interface ClientAnswer {
  readonly body: string;
  readonly note?: Note;
}

/** Tells the client to make a handshake and come again: bare, never as JSON (spec client-protocol 2.5). */
export const HANDSHAKE_FIRST = '#!ihc';

/** An error as plain JSON, without the `#!` of the text protocol. */
export function problem(code: string): string {
  return JSON.stringify({ error: code });
}

/** How the endpoints of FOG Client are registered. */
export interface ClientEndpoints {
  /** `path` is below `/fog`; by GET and by POST. */
  call(path: string, handle: (call: ClientCall) => Promise<ClientAnswer> | ClientAnswer): void;
  /**
   * For what only the client of a host may hear: the JSON goes out sealed with the key of its session. Without one the answer is `#!ihc`,
   * and to who is no host the error in plain JSON.
   */
  sealed(path: string, handle: (call: ClientCall, host: Host) => Promise<object> | object): void;
  /** Into the story. */
  note(request: FastifyRequest, macs: readonly string[], note: Note): void;
  /** Answers a route that the caller registers himself. */
  answer(request: FastifyRequest, reply: FastifyReply, answer: ClientAnswer): FastifyReply;
  /** What `sealed` answers, for a route that is not always sealed. */
  sealedAnswer(
    call: ClientCall,
    handle: (host: Host, key: Buffer) => Promise<object> | object,
  ): Promise<ClientAnswer>;
  read(request: FastifyRequest): ClientCall;
  /** Into the story, for a route that answers by itself. */
  record(request: FastifyRequest, note: Note): void;
  seal(prefix: EnvelopePrefix, text: string, key: Buffer): string;
}

/** A client that is refused asks again every few minutes, for years: its story says so once in this time. */
const SAME_NEWS_MS = 3_600_000;

export function clientEndpoints(app: FastifyInstance, options: ClientOptions): ClientEndpoints {
  const { context, recorder, serverAt } = options;
  const ivs = new RandomPool(context.random);
  const refusals = new RecentMap<string, number>(20_000);

  const record = (request: FastifyRequest, macs: readonly string[], note: Note) => {
    const { event, outcome, host, reasons = [], facts } = note;
    const mac = host ? primaryMac(host) : macs[0];
    if (outcome !== 'answered') {
      const key = JSON.stringify([event, mac ?? clientAddress(request), reasons, facts?.task]);
      const now = context.clock.now();
      if (now - (refusals.get(key) ?? -SAME_NEWS_MS) < SAME_NEWS_MS) return;
      refusals.set(key, now);
    }
    recorder.record({
      service: 'client',
      event,
      outcome,
      who: { ip: clientAddress(request), ...(mac === undefined ? {} : { mac }) },
      reasons,
      ...(facts ? { facts } : {}),
    });
  };

  // To the client every other status is a failure without words: it never reads the body then (spec client-protocol 2.3).
  app.setErrorHandler((error, request, reply) => {
    record(request, [], { event: 'client-call-failed', outcome: 'failed', reasons: [messageOf(error)] });
    return send(reply, problem(errnoOf(error)?.startsWith('STORE_') ? 'db' : 'er'));
  });

  const desk: ClientEndpoints = {
    note: record,
    read: (request) => {
      const form = lowered(parseFields(typeof request.body === 'string' ? request.body : ''));
      const query = lowered(parseQuery(request.url.split('?')[1] ?? ''));
      const fields = form.size === 0 ? query : new Map([...form, ...query]);
      return {
        fields,
        form,
        macs: parseMacList(fields.get('mac') ?? ''),
        address: clientAddress(request),
        server: namedServer(request, serverAt),
      };
    },
    answer: (request, reply, { body, note }) => {
      if (note) desk.record(request, note);
      return send(reply, body);
    },
    seal: (prefix, text, key) => seal(prefix, text, key, ivs.take(BLOCK_BYTES)),
    call: (path, handle) => {
      route(app, path, async (request, reply) =>
        desk.answer(request, reply, await handle(desk.read(request))),
      );
    },
    record: (request, note) => record(request, desk.read(request).macs, note),
    sealedAnswer: async ({ macs }, handle) => {
      const state = currentSession(context, macs);
      if (state.kind === 'none') return { body: problem(state.code) };
      if (state.kind === 'no-session') return { body: HANDSHAKE_FIRST };
      const { host, session } = state;
      const text = JSON.stringify(await handle(host, session.key));
      return { body: desk.seal('#!enkey=', text, session.key) };
    },
    sealed: (path, handle) => {
      desk.call(path, (call) => desk.sealedAnswer(call, (host) => handle(call, host)));
    },
  };
  return desk;
}

/** By GET and POST alike; never by HEAD, which would do what GET must do here and answer nothing. */
export function route(
  app: FastifyInstance,
  path: string,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
): void {
  app.route({ method: ['GET', 'POST'], url: path, exposeHeadRoute: false, handler });
}

function send(reply: FastifyReply, body: string): FastifyReply {
  return reply.code(200).type('text/plain; charset=utf-8').send(body);
}

function lowered(fields: ReadonlyMap<string, string>): Map<string, string> {
  const lower = new Map<string, string>();
  for (const [name, value] of fields) lower.set(name.toLowerCase(), value);
  return lower;
}

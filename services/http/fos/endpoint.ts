import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Context } from '#actions/context.js';
import type { Caller } from '#actions/session-task.js';
import type { BootServer } from '#boot/server.js';
import { clean } from '#domain/inventory.js';
import { messageOf } from '#errors.js';
import type { Decision, Recorder } from '#trace/decision.js';
import { clientAddress, type ServerAt, serverOf } from '../address.js';
import { parseFields, parseQuery } from '../form.js';
import type { BootFileSource } from '../send-file.js';
import { macsOf } from './machine.js';
import { decodeBase64 } from './value.js';

export interface FosOptions {
  readonly context: Context;
  readonly recorder: Recorder;
  readonly version: string;
  readonly files: BootFileSource;
  readonly serverAt: ServerAt;
}

/** What an endpoint answers and how that goes into the story. */
export interface Answer {
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

export interface Call {
  readonly fields: ReadonlyMap<string, string>;
  readonly macs: readonly string[];
  /** Of the boot session, from the path. */
  readonly token: string | undefined;
  /** Token and MACs, for calls that are for a task. */
  readonly caller: Caller;
  /** The caller's. */
  readonly address: string;
  readonly server: BootServer;
}

/** What FOS compares answers with, byte for byte (spec 8.1 no. 1). */
export const DONE = '##';
export const OK = '#!ok';

const TEXT = 'text/plain; charset=utf-8';

/** How the endpoints of FOS are registered: always status 200 with the literal body, and every call is told to the story. */
export interface Endpoints {
  /** `name` is below `service/` unless it has a folder of its own. */
  post(name: string, handle: (call: Call) => Promise<Answer> | Answer): void;
  /** A listing, or a constant. */
  get(path: string, body: (query: ReadonlyMap<string, string>) => string): void;
}

export function endpoints(app: FastifyInstance, { recorder, serverAt }: FosOptions): Endpoints {
  // Any other status is to FOS just a body that it does not expect, and the reason would be lost.
  app.setErrorHandler((error, request, reply) => {
    const reason = messageOf(error);
    const failure = { body: '', event: 'request-failed', outcome: 'failed', reasons: [reason] } as const;
    recorder.record(decision(request, [], failure));
    return reply
      .code(200)
      .type(TEXT)
      .send(`fogd: ${clean(reason)}`);
  });
  return {
    post: (name, handle) => {
      app.post(name.includes('/') ? `/${name}` : `/service/${name}`, async (request, reply) => {
        const fields = parseFields(typeof request.body === 'string' ? request.body : '');
        const [macs, token, mac] = [macsOf(fields), tokenOf(request), fields.get('mac')];
        const call = {
          fields,
          macs,
          token,
          caller: { token, macs, ...(mac === undefined ? {} : { mac }) },
          address: clientAddress(request),
          server: serverOf(request, serverAt),
        };
        const answer = await handle(call);
        if (!answer.silent) recorder.record(decision(request, call.macs, answer, fields));
        return reply.type(TEXT).send(answer.body);
      });
    },
    get: (path, body) => {
      app.get(path, (request, reply) =>
        reply.type(TEXT).send(body(parseQuery(request.url.split('?')[1] ?? ''))),
      );
    },
  };
}

/** In the path of those routes that are below `/t/TOKEN/`. */
export function tokenOf(request: FastifyRequest): string | undefined {
  return (request.params as { token?: string }).token;
}

export function decision(
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

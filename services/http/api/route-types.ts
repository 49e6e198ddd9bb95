import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify';
import Type, { type Static, type TProperties, type TSchema } from 'typebox';
import type { Context } from '#actions/context.js';
import type { Caller } from '#actions/manage-tokens.js';
import { parseMac } from '#domain/mac.js';
import type { Scope } from '#domain/token.js';

/** What a route of the API says of itself beside its schemas. */
export interface RouteConfig {
  /** What a token must allow; `any`: a token is needed, and the route looks at it itself. */
  readonly scope: Scope | 'any';
  /** Of a route that changes something: what the audit log calls it, `host-added`. */
  readonly action?: string;
  /** It is more than one transaction, as it changes files too, or one host after the other: the audit log has it before it is begun. */
  readonly outside?: true;
  /** A call that works, for the OpenAPI document; a test replays it. */
  readonly example?: {
    readonly params?: Readonly<Record<string, string | number>>;
    readonly query?: Readonly<Record<string, string | number | boolean>>;
    readonly body?: unknown;
  };
  /** The body is a file (upload.ts). */
  readonly upload?: true;
  /** Answers for as long as the caller stays: server-sent events. */
  readonly streams?: true;
}

declare module 'fastify' {
  interface FastifyContextConfig extends Partial<RouteConfig> {}
  interface FastifySchema {
    summary?: string;
    description?: string;
    tags?: readonly string[];
  }
  interface FastifyRequest {
    /** Known from the first hook of the API on. */
    caller: Caller;
    /** Of a route that changes something: what its actions work on. Their first transaction has the entry of the audit log in it. */
    context: Context;
  }
}

type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Types of a route's input and answer are those of its schemas. */
export interface ApiTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  serializer: this['schema'] extends TSchema ? DeepReadonly<Static<this['schema']>> : unknown;
}

export type ApiInstance = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ApiTypes
>;

/** An object of these fields and no others. */
export function fields<T extends TProperties>(properties: T, title?: string) {
  return Type.Object(properties, { additionalProperties: false, ...(title === undefined ? {} : { title }) });
}

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const Time = Type.Integer({ description: 'Milliseconds since the epoch.' });
export const NameParam = fields({ name: Type.String({ minLength: 1, maxLength: 64 }) });
export const KeyParam = fields({ key: Type.String({ minLength: 1, maxLength: 64 }) });
export const IdParam = fields({ id: Type.Integer({ minimum: 1 }) });

/** Hosts of a group that could not have what the others got. */
export const Refused = Type.Array(fields({ host: Type.String(), reason: Type.String() }));

/** A password or key: comes in, never goes out, and is in no log. */
export const secret = (maxLength: number) => Type.String({ maxLength, writeOnly: true });

/** A filter by MAC, however that is written. */
export function withMac<Q extends { mac?: string }>(query: Q): Q {
  return query.mac === undefined ? query : { ...query, mac: parseMac(query.mac) ?? query.mac };
}

/** Ten thousand hosts at once kept the machines that ask meanwhile waiting for 100 ms (bench/api.ts). */
export const MAX_LIMIT = 1_000;

/** What every list may be asked for, and its own filters. */
export function listQuery<const S extends readonly string[], F extends TProperties>(sorts: S, filters: F) {
  const sort = [...sorts, ...sorts.map((name) => `-${name}`)] as (S[number] | `-${S[number]}`)[];
  return fields({
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: 50, description: 'How many at most.' }),
    ),
    offset: Type.Optional(
      // What is larger does not fit the store's integers.
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        default: 0,
        description: 'How many to leave out.',
      }),
    ),
    sort: Type.Optional(Type.Enum(sort, { description: 'With a - before it the largest come first.' })),
    q: Type.Optional(Type.String({ maxLength: 100, description: 'Part of a name or another text.' })),
    ...filters,
  });
}

/** A page of a list. */
export function page<T extends TSchema>(item: T) {
  return fields({
    items: Type.Array(item),
    total: Type.Integer({ minimum: 0, description: 'How many there are without limit and offset.' }),
  });
}

import type { RouteOptions } from 'fastify';
import type { TSchema } from 'typebox';
import { RESOURCES } from '#domain/token.js';
import { Problem } from './problem.js';
import type { RouteConfig } from './route-types.js';
import { UPLOAD_TYPE } from './upload.js';

type Json = Record<string, unknown>;

interface Operation {
  readonly method: string;
  readonly url: string;
  readonly schema: NonNullable<RouteOptions['schema']>;
  readonly config: RouteConfig;
}

/** The OpenAPI 3.1 document of the routes of one application, made of their schemas as they stand: both speak JSON Schema 2020-12. */
export class OpenApi {
  readonly #operations: Operation[] = [];

  constructor(private readonly version: string) {}

  add({ method, url, schema = {}, config }: RouteOptions): void {
    // HEAD is GET without its answer.
    if (method === 'HEAD') return;
    this.#operations.push({
      method: String(method).toLowerCase(),
      url,
      schema,
      config: config as RouteConfig,
    });
  }

  document(): Json {
    const components: Json = {};
    const paths: Record<string, Json> = {};
    for (const operation of this.#operations) {
      const path = operation.url.replaceAll(/:(\w+)/g, '{$1}');
      paths[path] = { ...paths[path], [operation.method]: describe(operation, components) };
    }
    return {
      openapi: '3.1.0',
      info: {
        title: 'fogd',
        version: this.version,
        description:
          'On the control socket without a token; on the network with one (fogd token add), over HTTPS. Errors are problem details (RFC 9457).',
      },
      security: [{ token: [] }],
      tags: [...new Set(this.#operations.map(tagOf))].map((name) => ({ name })),
      paths,
      components: {
        schemas: components,
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: `Scopes: *, *:read, and :read or :write of ${RESOURCES.join(', ')}.`,
          },
        },
      },
    };
  }
}

function describe(operation: Operation, components: Json): Json {
  const { schema, config, url, method } = operation;
  const { params, querystring, body, response } = schema as {
    readonly params?: TSchema;
    readonly querystring?: TSchema;
    readonly body?: TSchema;
    readonly response?: Readonly<Record<string, TSchema>>;
  };
  const { example = {} } = config;
  const type = config.streams ? 'text/event-stream' : 'application/json';
  const answers = Object.entries(response ?? {}).map(([status, answer]): [string, Json] => [
    status,
    {
      description: status === '201' ? 'Made.' : 'Done.',
      content: { [type]: { schema: hoist(answer, components) } },
    },
  ]);
  return {
    operationId: `${method}${url.replace(/^\/api(\/v1)?/, '').replaceAll(/[/:.-]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: schema.summary ?? '',
    tags: [tagOf(operation)],
    'x-scope': config.scope,
    parameters: [
      ...parameters('path', params, example.params),
      ...parameters('query', querystring, example.query),
    ],
    ...(config.upload ? { requestBody: { required: true, content: { [UPLOAD_TYPE]: {} } } } : {}),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: hoist(body, components),
                ...(example.body === undefined ? {} : { example: example.body }),
              },
            },
          },
        }),
    responses: {
      ...Object.fromEntries(answers),
      default: {
        description: 'What went wrong, and what to do.',
        content: { 'application/problem+json': { schema: hoist(Problem, components) } },
      },
    },
  };
}

function tagOf({ url, config }: Operation): string {
  return config.scope === 'any' ? (url.split('/').at(-1) ?? '') : (config.scope.split(':')[0] ?? '');
}

function parameters(place: 'path' | 'query', schema: TSchema | undefined, example: Json = {}): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
    ...(example[name] === undefined ? {} : { example: example[name] }),
  }));
}

/** A schema in which every one with a title stands once, among the components. */
function hoist(schema: unknown, components: Json): unknown {
  if (Array.isArray(schema)) return schema.map((part) => hoist(part, components));
  if (typeof schema !== 'object' || schema === null) return schema;
  const parts = Object.fromEntries(
    Object.entries(schema).map(([name, part]) => [name, hoist(part, components)]),
  );
  if (typeof parts.title !== 'string') return parts;
  components[parts.title] = parts;
  return { $ref: `#/components/schemas/${parts.title}` };
}

import { Validator } from '@seriousme/openapi-schema-validator';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeAuthority } from '#pki/certificate.js';
import '#settings/formats.js';
import { SHORT, testKey } from '../../pki/keys.js';
import { makeFilledWorld, makeFogImages } from './filled-world.js';
import { makeWorld, type World } from './world.js';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly 'x-scope': string;
  readonly parameters: ReadonlyArray<{
    readonly name: string;
    readonly in: 'path' | 'query';
    readonly required: boolean;
    readonly example?: string | number | boolean;
  }>;
  readonly requestBody?: {
    readonly content: {
      readonly 'application/json'?: { readonly example?: unknown };
      /** A file, of which no example is given. */
      readonly 'application/octet-stream'?: object;
    };
  };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: TSchema }>> }>
  >;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

const probe = await makeWorld();
const document = (await probe.api.inject('/api/openapi.json')).json() as Document;
await probe.close();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operation,
  })),
);

/** The schema with its references put in. */
function whole(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(whole);
  if (typeof schema !== 'object' || schema === null) return schema;
  const name = /^#\/components\/schemas\/(\w+)$/.exec((schema as { $ref?: string }).$ref ?? '')?.[1];
  if (name !== undefined) return whole(document.components.schemas[name]);
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, whole(part)]));
}

let readOnly: World;
beforeAll(async () => {
  readOnly = await makeFilledWorld();
});
afterAll(() => readOnly.close());

async function replay(world: World, path: string, method: string, operation: Operation) {
  const query = new URLSearchParams();
  let url = path;
  for (const { name, in: place, example } of operation.parameters) {
    if (example === undefined) continue;
    if (place === 'path') url = url.replace(`{${name}}`, encodeURIComponent(String(example)));
    else query.set(name, String(example));
  }
  const content = operation.requestBody?.content;
  let payload = JSON.stringify(content?.['application/json']?.example);
  // Two examples name what only the caller has: a folder of the server, and keys.
  if (payload?.includes('/mnt/old-fog/images'))
    payload = payload.replace('/mnt/old-fog/images', makeFogImages(world));
  if (path.includes('/pki/') && method !== 'GET') {
    await world.pki.start(() => undefined);
    await vi.waitFor(() => expect(world.pki.health().state).toBe('ok'), { interval: 5, timeout: 20_000 });
  }
  if (path.endsWith('/pki/online')) payload = JSON.stringify({ key: await testKey('authority', SHORT) });
  if (payload?.includes('BEGIN PRIVATE KEY') && path.endsWith('/pki/import')) {
    const authorityKey = await testKey('foreign authority', SHORT);
    payload = JSON.stringify({
      authorityCertificate: await makeAuthority(authorityKey, Date.now()),
      authorityKey,
    });
  }
  return world.api.inject({
    method: method as 'GET',
    url: `${url}?${query}`,
    ...(payload === undefined ? {} : { payload, headers: { 'content-type': 'application/json' } }),
    ...(content?.['application/octet-stream'] === undefined
      ? {}
      : { payload: 'a file', headers: { 'content-type': 'application/octet-stream' } }),
    payloadAsStream: path.endsWith('/events'),
  });
}

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(await new Validator().validate(structuredClone(document) as never)).toMatchObject({ valid: true });
  });

  it('describes every route of the API, each with a name of its own, a summary and a scope', async () => {
    const served = (await readOnly.routes()).filter(
      ({ place, url, method }) => place === 'socket' && url.startsWith('/api') && method !== 'HEAD',
    );
    expect(operations.map(({ name }) => name).sort()).toEqual(
      served.map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`).sort(),
    );
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { operation } of operations) {
      expect(operation.summary).not.toBe('');
      expect(operation['x-scope']).not.toBe('');
    }
  });

  it('has an example for everything that a call must say', () => {
    for (const { name, operation } of operations) {
      for (const parameter of operation.parameters)
        if (parameter.required) expect(parameter.example, `${name} ${parameter.name}`).toBeDefined();
      const json = operation.requestBody?.content['application/json'];
      if (json) expect(json.example, name).toBeDefined();
    }
  });

  it.each(operations)('tells a call that works: $name', async ({ path, method, operation }) => {
    const world = method === 'GET' ? readOnly : await makeFilledWorld();
    try {
      const answer = await replay(world, path, method, operation);
      const declared = operation.responses[String(answer.statusCode)];
      if (path.endsWith('/events')) {
        expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/event-stream']);
        answer.stream().destroy();
        return;
      }
      expect(declared, `${answer.statusCode} ${answer.body}`).toBeDefined();
      const schema = Compile(whole(declared?.content['application/json']?.schema) as TSchema);
      expect(schema.Errors(answer.json())).toEqual([]);
      // An empty list would fit any schema.
      const { items } = answer.json() as { items?: readonly unknown[] };
      if (items !== undefined && !path.endsWith('/audit') && !path.endsWith('/trace'))
        expect(items.length).toBeGreaterThan(0);
    } finally {
      if (path.includes('/pki/')) await world.pki.stop();
      if (world !== readOnly) await world.close();
    }
  });

  it('has answers that name each of their fields, so that a test finds one that is not declared', () => {
    const open = (schema: unknown): boolean => {
      if (typeof schema !== 'object' || schema === null) return false;
      const { type, properties, additionalProperties } = schema as Record<string, unknown>;
      if (type === 'object' && properties !== undefined && additionalProperties !== false) return true;
      return Object.values(schema).some(open);
    };
    for (const { name, operation } of operations)
      for (const [status, { content }] of Object.entries(operation.responses))
        expect(open(whole(Object.values(content)[0]?.schema)), `${name} ${status}`).toBe(false);
  });
});

import { Validator } from '@seriousme/openapi-schema-validator';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '#settings/formats.js';
import { makeFilledWorld } from './filled-world.js';
import { document, operations, outcomesIn, replay } from './operations.js';
import type { World } from './world.js';

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

  it.each(operations)(
    'tells a call that works, and is done by the audit log with its last transaction: $name',
    async ({ path, method, operation }) => {
      const world = method === 'GET' ? readOnly : await makeFilledWorld();
      const outcomes = method === 'GET' ? [] : outcomesIn(world);
      try {
        const answer = await replay(world, path, method, operation);
        // Killed after any but the last, fogd would say that it did what it did not.
        if (method !== 'GET')
          expect([outcomes.at(-1), outcomes.indexOf('done')]).toEqual(['done', outcomes.length - 1]);
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
    },
  );

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

import type { TSchema } from 'typebox';
import { expect, vi } from 'vitest';
import { makeAuthority } from '#pki/certificate.js';
import { SHORT, testKey } from '../../pki/keys.js';
import { makeFogImages } from './filled-world.js';
import { makeWorld, type World } from './world.js';

/** The operations of the OpenAPI document, and their examples as calls. */

export interface Operation {
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
export const document = (await probe.api.inject('/api/openapi.json')).json() as Document;
await probe.close();
export const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    method: method.toUpperCase(),
    path,
    operation,
  })),
);

/** Starts what an operation on this path works on, once. */
export async function ready(world: World, path: string): Promise<void> {
  if (!path.includes('/pki/') || world.pki.health().state === 'ok') return;
  await world.pki.start(() => undefined);
  await vi.waitFor(() => expect(world.pki.health().state).toBe('ok'), { interval: 5, timeout: 60_000 });
}

/** Calls it as its example says. */
export async function replay(world: World, path: string, method: string, operation: Operation) {
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
  await ready(world, path);
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

/** What the newest entry of the audit log says after each transaction from now on. */
export function outcomesIn({ store, context }: World): readonly (string | undefined)[] {
  const outcomes: (string | undefined)[] = [];
  const noted =
    <T>(commit: (write: () => T) => Promise<T>) =>
    (write: () => T): Promise<T> =>
      commit(() => {
        const made = write();
        outcomes.push(context.audit.page({ limit: 1 }).items[0]?.outcome);
        return made;
      });
  for (const name of ['commit', 'commitGrouped', 'commitTogether'] as const)
    Object.assign(store, { [name]: noted(store[name].bind(store)) });
  return outcomes;
}

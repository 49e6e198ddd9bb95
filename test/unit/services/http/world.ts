import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Context, createContext } from '#actions/context.js';
import { BootFiles } from '#files/boot-files.js';
import { apiRoutes } from '#services/http/api/routes.js';
import { bootRoutes } from '#services/http/boot/routes.js';
import { fosRoutes } from '#services/http/fos/routes.js';
import { createApp } from '#services/http/listener.js';
import { parseSettings } from '#settings/load.js';
import { Store } from '#store/store.js';
import type { Decision } from '#trace/decision.js';
import { VirtualClock } from '../../virtual-clock.js';

export const MAC = '00:11:22:33:44:55';

/** The machine-facing HTTP application on a real store, without a socket. */
export interface World {
  readonly app: FastifyInstance;
  readonly api: FastifyInstance;
  readonly context: Context;
  /** Every route of both applications. */
  readonly routes: ReadonlyArray<{ readonly method: string; readonly url: string }>;
  readonly clock: VirtualClock;
  readonly decisions: Decision[];
  /** Posts a raw body to a FOS endpoint and gives the answer's body; the status is always 200. */
  readonly fos: (endpoint: string, body: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

export async function makeWorld(toml = ''): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'fogd-http-'));
  const boot = join(folder, 'boot');
  mkdirSync(boot);
  writeFileSync(join(boot, 'bzImage'), Buffer.alloc(3_000_000, 'k'));
  const clock = new VirtualClock();
  const { settings, problems } = parseSettings(toml);
  if (!settings) throw new Error(JSON.stringify(problems));
  const store = await Store.open({ file: join(folder, 'fogd.sqlite'), clock, onWarning: () => undefined });
  const context = createContext(settings, clock, store);
  const decisions: Decision[] = [];
  const recorder = { record: (decision: Decision) => decisions.push(decision) as unknown as undefined };
  const serverAt = () => ({ host: '10.0.0.1', ip: '10.0.0.1' });
  const routes: Array<{ method: string; url: string }> = [];
  const note = (instance: FastifyInstance) =>
    instance.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routes.push({ method: one, url });
    });
  const app = await createApp(async (instance) => {
    note(instance);
    await instance.register(bootRoutes, {
      prefix: '/fog/service/ipxe',
      context,
      recorder,
      files: new BootFiles([boot]),
      serverAt,
    });
    await instance.register(fosRoutes, { prefix: '/fog', context, recorder, version: '0.0.0' });
  });
  const api = await createApp(async (instance) => {
    note(instance);
    const status = () => ({ version: '0.0.0', startedAt: 0, services: [] });
    await instance.register(apiRoutes, { prefix: '/api/v1', context, status, trace: async () => [] });
  });
  await Promise.all([app.ready(), api.ready()]);
  return {
    app,
    api,
    context,
    routes,
    clock,
    decisions,
    fos: async (endpoint, body) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await app.inject({ method: 'POST', url: `/fog/service/${endpoint}`, headers, body });
      if (answer.statusCode !== 200) throw new Error(`${endpoint} answered ${answer.statusCode}`);
      return answer.body;
    },
    close: async () => {
      await Promise.all([app.close(), api.close()]);
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** As the shell pipes it: a trailing newline, wrapped at 76 columns. */
export function shellBase64(value: string): string {
  return Buffer.from(`${value}\n`).toString('base64').replaceAll(/.{76}/g, '$&\n');
}

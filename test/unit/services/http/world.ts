import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { type Context, createContext } from '#actions/context.js';
import type { SessionExport } from '#actions/export-door.js';
import { GenerationKeeper, type StartVerification } from '#actions/keep-generations.js';
import { TaskKeeper } from '#actions/keep-tasks.js';
import { LiveEvents } from '#actions/live-events.js';
import { overview } from '#actions/overview.js';
import { pack } from '#backup/pack.js';
import { bootServer } from '#boot/server.js';
import type { Logger } from '#daemon/log.js';
import type { ServiceStatus } from '#daemon/supervisor.js';
import { sharedBy } from '#domain/share.js';
import { BootFiles } from '#files/boot-files.js';
import { BootStore } from '#files/boot-store.js';
import { SnapinStore } from '#files/snapin-store.js';
import { ImageStore } from '#images/image-store.js';
import { verifyImage } from '#images/verify-image.js';
import { Pki } from '#pki/pki.js';
import { Unwrapper } from '#pki/unwrapper.js';
import { SecretBox } from '#secrets/box.js';
import type { ServerAt } from '#services/http/address.js';
import { apiOnNetwork, apiOnSocket, metricsDoor } from '#services/http/api/doors.js';
import type { ApiOptions } from '#services/http/api/routes.js';
import { backupRoutes } from '#services/http/backup/routes.js';
import { emptyApp } from '#services/http/listener.js';
import { machineRoutes } from '#services/http/machine-routes.js';
import { monitorRoutes } from '#services/http/monitor/routes.js';
import { peopleRoutes } from '#services/http/people/routes.js';
import { endSlowBodies } from '#services/http/slow-bodies.js';
import { parseSettings } from '#settings/load.js';
import { Store } from '#store/store.js';
import { TraceRepository } from '#store/trace.js';
import type { Decision } from '#trace/decision.js';
import { keysInOrder } from '../../pki/keys.js';
import { VirtualClock } from '../../virtual-clock.js';

export const MAC = '00:11:22:33:44:55';

const KERNEL = Buffer.alloc(3_000_000, 'k');
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger;

export interface Route {
  readonly place: 'network' | 'socket';
  readonly method: string;
  readonly url: string;
  /** Of the API. */
  readonly scope: string | undefined;
  readonly action: string | undefined;
}

/** The machine-facing HTTP application on a real store, without a socket. */
export interface World {
  readonly app: FastifyInstance;
  readonly api: FastifyInstance;
  readonly context: Context;
  readonly store: Store;
  /** Of everything that it keeps. */
  readonly folder: string;
  /** Every route of both applications. */
  readonly routes: () => Promise<readonly Route[]>;
  readonly clock: VirtualClock;
  readonly decisions: Decision[];
  /** Posts a raw body to a FOS endpoint without a session and gives the answer's body; the status is always 200. */
  readonly fos: (endpoint: string, body: string) => Promise<string>;
  /** Boots a machine: fetches its script, and what its kernel line carries. */
  readonly boot: (mac?: string) => Promise<BootedMachine>;
  /** What the NFS server exports, by number; `broken` makes it refuse everything. */
  readonly exports: Map<number, SessionExport> & { broken?: Error; trouble?: string };
  /** MACs that the network has seen, by address. */
  readonly neighbours: Map<string, string>;
  /** MACs that magic packets were sent for. */
  readonly woken: readonly string[];
  /** Looks after tasks and sessions; not started. */
  readonly keeper: TaskKeeper;
  /** Reads generations back, in this process; not started: `look` does one. */
  readonly verification: GenerationKeeper;
  /** Folder of the boot files. */
  readonly bootFiles: string;
  /** Folder of the images. */
  readonly images: string;
  /** Folder of the files of snapins. */
  readonly snapins: string;
  /** What the API is made of, for another application. */
  readonly apiOptions: ApiOptions;
  /** What the status says. */
  readonly services: ServiceStatus[];
  /** While it is set, whoever must wait for the disk waits for this too. */
  readonly disk: { slow?: Promise<void> };
  /** Its certificates; not started. */
  readonly pki: Pki;
  readonly close: () => Promise<void>;
}

/** A machine as FOS sees itself: everything is on its kernel line. */
export interface BootedMachine {
  readonly script: string;
  /** The value of a word of the (last) kernel line. */
  readonly word: (name: string) => string;
  /** The first sign of life; gives the status. */
  readonly head: () => Promise<number>;
  readonly fos: (endpoint: string, body: string) => Promise<string>;
}

export async function makeWorld(toml = ''): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'fogd-http-'));
  const bootFiles = join(folder, 'boot');
  mkdirSync(bootFiles);
  writeFileSync(join(bootFiles, 'bzImage'), KERNEL);
  const clock = new VirtualClock();
  const { settings, problems } = parseSettings(toml);
  if (!settings) throw new Error(JSON.stringify(problems));
  const disk: World['disk'] = {};
  const store = await Store.open({
    file: join(folder, 'fogd.sqlite'),
    clock,
    onWarning: () => undefined,
    syncFile: async (wal) => {
      await disk.slow;
      await wal.datasync();
    },
  });
  const images = join(folder, 'images');
  const squash = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const shared = sharedBy(settings.nfs);
  const imageStore = new ImageStore({
    ...{ root: images, squash, ownPlace: true, ownerIsRoot: false },
    ...(shared ? { shared } : {}),
  });
  await imageStore.prepare();
  const bootStore = new BootStore(bootFiles);
  const snapinStore = new SnapinStore(join(folder, 'snapins'));
  await snapinStore.prepare(new Set());
  const exports: World['exports'] = new Map();
  const services: ServiceStatus[] = [];
  const neighbours = new Map<string, string>();
  const woken: string[] = [];
  const decisions: Decision[] = [];
  const recorder = { record: (decision: Decision) => decisions.push(decision) as unknown as undefined };
  const pki = new Pki({
    folder: join(folder, 'pki'),
    names: () => ['10.0.0.1'],
    makeKey: keysInOrder('authority', 'tls', 'communication'),
    clock,
    log: silent,
  });
  const unwrapper = new Unwrapper(clock);
  pki.followKey((key) => unwrapper.use(key));
  const context = createContext(settings, clock, store, {
    recorder,
    exports: {
      open: async (entry) => {
        if (exports.broken) throw exports.broken;
        exports.set(entry.id, entry);
      },
      close: async (id) => {
        exports.delete(id);
      },
      trouble: () => exports.broken?.message,
      captureTrouble: () => exports.trouble,
    },
    imageStore,
    neighbour: async (ip) => neighbours.get(ip),
    bootStore,
    pki,
    unwrapper,
    snapinStore,
    secrets: new SecretBox(join(folder, 'secrets'), randomBytes),
    download: async function* (url) {
      yield Buffer.from(`what ${url} holds`);
    },
    releaseLease: async (address) => {
      const [lease] = context.leases.load().filter((one) => one.address === address);
      if (!lease) throw new Error('unknown');
      const freed = { ...lease, state: 'released', expiresAt: clock.now() } as const;
      await context.leases.save([freed]);
      return freed;
    },
    wake: async (macs) => {
      woken.push(...macs);
      return ['10.0.0.255'];
    },
  });
  const serverAt: ServerAt = (_, scheme) => bootServer(settings, '10.0.0.1', scheme);
  const routes: Route[] = [];
  const note = (instance: FastifyInstance, place: Route['place']) =>
    instance.addHook('onRoute', ({ method, url, config }) => {
      for (const one of [method].flat())
        routes.push({ place, method: one, url, scope: config?.scope, action: config?.action });
    });
  const begin: StartVerification = async (folder, shape, progress) => ({
    verdict: verifyImage(folder, shape, progress),
    stop: () => undefined,
  });
  const verification = new GenerationKeeper(context, begin, silent);
  const files = new BootFiles([bootFiles]);
  const traceRepository = new TraceRepository(store);
  const apiOptions: ApiOptions = {
    context,
    version: '0.0.0',
    status: async () => ({
      ...{ version: '0.0.0', startedAt: 0, services },
      ...(await overview(context, { state: folder, images, transfers: () => 0, failures: () => [] })),
    }),
    trace: {
      ofMac: async (mac, since, limit) => traceRepository.ofMac(mac, since, limit),
      list: async (query) => traceRepository.page(query),
    },
    events: new LiveEvents(context, store, () => services),
    advise: (server, address) => `${server} ${address}`,
  };
  // Loaded at the first request: most tests ask one of the two only.
  const app = emptyApp();
  note(app, 'network');
  endSlowBodies(app, clock);
  void app.register(machineRoutes, {
    ...{ context, recorder, version: '0.0.0-test', files, serverAt, pki },
    hasHttps: () => true,
  });
  void app.register(monitorRoutes, {
    services: () => services,
    metrics: async () => 'metrics\n',
    mayReadMetrics: metricsDoor(context),
  });
  void app.register(apiOnNetwork, { prefix: '/api', ...apiOptions });
  void app.register(peopleRoutes, { serverAt });
  const api = emptyApp();
  note(api, 'socket');
  void api.register(apiOnSocket, { prefix: '/api', ...apiOptions });
  void api.register(backupRoutes, { backup: () => pack(folder, '0.0.0', clock.now()) });
  const post = async (base: string, endpoint: string, body: string) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await app.inject({ method: 'POST', url: `${base}/service/${endpoint}`, headers, body });
    if (answer.statusCode !== 200) throw new Error(`${endpoint} answered ${answer.statusCode}`);
    return answer.body;
  };
  const boot = async (mac = MAC): Promise<BootedMachine> => {
    const { body: script } = await app.inject({ url: `/fog/service/ipxe/boot.php?mac0=${mac}` });
    const line = script.split('\n').findLast((text) => text.startsWith('kernel ')) ?? '';
    const word = (name: string) => new RegExp(` ${name}=(\\S*)`).exec(line)?.[1] ?? '';
    const base = new URL(word('web') || 'http://none/').pathname.replace(/\/$/, '');
    return {
      script,
      word,
      head: async () => (await app.inject({ method: 'HEAD', url: `${base}//index.php` })).statusCode,
      fos: (endpoint, body) => post(base, endpoint, body),
    };
  };
  return {
    boot,
    store,
    folder,
    exports,
    neighbours,
    woken,
    keeper: new TaskKeeper(context, silent),
    verification,
    images,
    snapins: join(folder, 'snapins'),
    bootFiles,
    disk,
    pki,
    apiOptions,
    services,
    app,
    api,
    context,
    routes: async () => {
      await Promise.all([app.ready(), api.ready()]);
      return routes;
    },
    clock,
    decisions,
    fos: (endpoint, body) => post('/fog', endpoint, body),
    close: async () => {
      // Closing what was never asked would load it first.
      const isLoaded = (place: Route['place']) => routes.some((route) => route.place === place);
      if (isLoaded('network')) await app.close();
      if (isLoaded('socket')) await api.close();
      await unwrapper.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** As the shell pipes it: a trailing newline, wrapped at 76 columns. */
export function shellBase64(value: string): string {
  return Buffer.from(`${value}\n`).toString('base64').replaceAll(/.{76}/g, '$&\n');
}

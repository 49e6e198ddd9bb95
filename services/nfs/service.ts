import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportDoor, SessionExport } from '#actions/export-door.js';
import { findProgram, run } from '#daemon/child.js';
import type { Clock } from '#daemon/clock.js';
import type { Logger } from '#daemon/log.js';
import type { Health, Service } from '#daemon/service.js';
import { FogdError, messageOf } from '#errors.js';
import { withRoom } from '#files/disk-full.js';
import { makeFolder } from '#files/make-folder.js';
import { writeDurably } from '#files/write-durably.js';
import { Bus, busConfig } from './bus.js';
import { checkExport, exportConfig, ganeshaConfig } from './config.js';
import { nfsErrors } from './errors.js';
import { missingOwnRights } from './privileges.js';
import { OwnedProcess, pause } from './processes.js';
import { clientTrouble, findFiles, portMapperAnswers, whyNot } from './rpc.js';

export interface NfsOptions {
  readonly settings: {
    readonly enabled: boolean;
    /** `service`: systemd runs the programs (fogd-nfs.service), fogd only tells them what to export. */
    readonly start: 'child' | 'service';
    readonly port: number;
    readonly mount_port: number;
  };
  /** For configuration, notes, logs and the bus; made if missing. */
  readonly folder: string;
  /** Whom every client becomes. */
  readonly squash: { readonly uid: number; readonly gid: number };
  /** What must be exported now: asked at each start. */
  readonly desired: () => readonly SessionExport[];
  /** True while a machine is being imaged: then the server outlives fogd. */
  readonly isBusy: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly portHolder: (port: number, protocol: 'udp' | 'tcp') => Promise<string | undefined>;
}

const SERVER_GONE = 'its process is gone';
const BUS_GONE = 'its message bus is gone';
const READY_MS = 15_000;
/** How often the bus of a server that systemd is about to start is tried. */
const WAIT_EVERY_MS = 250;
const LOOK_EVERY_MS = 50;
const WATCH_EVERY_MS = 5_000;
/** Of the end of a process that an earlier fogd started the kernel tells us nothing. */
const WATCH_ADOPTED_EVERY_MS = 2_000;
/** Besides, as a client, which is a dozen connections: while nobody needs the server, a trouble may be found later. */
const CLIENT_LOOK_EVERY_MS = { busy: 5_000, idle: 30_000 } as const;

/**
 * The NFS server (nfs-ganesha) under fogd (docs/adr/0008): rpcbind, a private message bus and ganesha, started as children that outlive
 * fogd, or by systemd. One that is already ours is adopted. Each change is whole in the configuration on disk first, then made in the
 * running server, then read back.
 */
export class NfsService implements Service, ExportDoor {
  readonly name = 'nfs';
  readonly #exports = new Map<number, SessionExport>();
  readonly #rpcbind: OwnedProcess;
  readonly #busDaemon: OwnedProcess;
  readonly #ganesha: OwnedProcess;
  #bus: Bus | undefined;
  /** Why a machine could not mount anything, by the last look. */
  #clientTrouble: string | undefined;
  #nextClientLook = 0;
  #running = false;
  /** What runs are our own children, whose end is told. */
  #tellsEnd = false;
  #major: number | undefined;
  /** With `start` = `service`: systemd has been waited for, once for each time that the server ran. */
  #waited = false;
  #cancelWatch: () => void = () => undefined;
  /** Changes are made one after the other. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: NfsOptions) {
    const { folder, clock } = options;
    const common = { folder, clock };
    this.#rpcbind = new OwnedProcess({ ...common, name: 'rpcbind', package: 'rpcbind', args: ['-f', '-w'] });
    this.#busDaemon = new OwnedProcess({
      ...common,
      name: 'dbus-daemon',
      package: 'dbus-daemon',
      args: [`--config-file=${join(folder, 'bus.conf')}`, '--nofork', '--nopidfile'],
    });
    this.#ganesha = new OwnedProcess({
      ...common,
      name: 'ganesha.nfsd',
      package: 'nfs-ganesha nfs-ganesha-vfs',
      args: ['-F', '-L', this.#serverLog, '-f', this.#configFile, '-p', join(folder, 'ganesha.pid')],
      env: { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${this.#socket}` },
    });
  }

  get #socket(): string {
    return join(this.options.folder, 'bus.sock');
  }

  get #configFile(): string {
    return join(this.options.folder, 'ganesha.conf');
  }

  get #serverLog(): string {
    return join(this.options.folder, 'ganesha.log');
  }

  async start(fail: (error: FogdError) => void): Promise<void> {
    const { settings, folder } = this.options;
    if (!settings.enabled) return;
    this.#clientTrouble = undefined;
    this.#nextClientLook = this.options.clock.now() + CLIENT_LOOK_EVERY_MS.busy;
    const recovery = join(folder, 'recovery');
    await withRoom(folder, () => makeFolder(recovery, 0o700));
    const program = await findProgram('dbus-send');
    if (program === undefined)
      throw nfsErrors.NFS_GANESHA_MISSING({ program: 'dbus-send', package: 'dbus-bin' });
    this.#bus = new Bus(program, this.#socket, this.#serverLog);
    this.#major = await majorVersion();
    this.#exports.clear();
    for (const entry of this.options.desired()) this.#exports.set(entry.id, entry);
    await this.#writeConfig();
    await writeDurably(join(folder, 'bus.conf'), busConfig(this.#socket));
    if (settings.start === 'child') await this.#startChildren();
    else if (!(await this.#bus.answers())) {
      if (this.#waited) throw notOnBus();
      // At boot systemd starts it after fogd, whose configuration it needs; after a crash, a second later.
      this.#waited = true;
      this.#waitForBus(fail, this.options.clock.now() + READY_MS);
      return;
    }
    await this.#begin(fail);
  }

  async #begin(fail: (error: FogdError) => void): Promise<void> {
    await this.#reconcile();
    this.#running = true;
    this.#tellsEnd = this.#watchEnd(fail);
    this.#waited = false;
    this.#watch(fail);
  }

  #waitForBus(fail: (error: FogdError) => void, end: number): void {
    const { clock } = this.options;
    const look = async () => {
      if (await this.#bus?.answers()) await this.#begin(fail);
      else if (clock.now() >= end) fail(notOnBus());
      else this.#waitForBus(fail, end);
    };
    this.#cancelWatch = clock.after(WAIT_EVERY_MS, () => {
      void this.#exclusive(look).catch((error: unknown) => fail(this.#asError(error)));
    });
  }

  async stop(): Promise<void> {
    this.#cancelWatch();
    this.#running = false;
    await this.#work;
    // What was under way may have begun anew.
    this.#cancelWatch();
    this.#running = false;
    const { settings, isBusy, log } = this.options;
    if (!settings.enabled || settings.start === 'service') return;
    if (isBusy()) {
      log.info('the NFS server goes on by itself: machines are being imaged; the next fogd adopts it');
      return;
    }
    await this.#ganesha.stop();
    await this.#busDaemon.stop();
    await this.#rpcbind.stop();
  }

  health(): Health {
    if (!this.options.settings.enabled) return { state: 'off', detail: 'nfs.enabled is false: no imaging' };
    const count = this.#exports.size;
    if (!this.#running) return { state: 'degraded', detail: 'waits for systemd to start fogd-nfs.service' };
    if (this.#clientTrouble !== undefined)
      return { state: 'degraded', detail: `machines cannot mount: ${this.#clientTrouble}` };
    return {
      state: 'ok',
      detail: `port ${this.options.settings.port}, ${count} export${count === 1 ? '' : 's'}`,
    };
  }

  open(entry: SessionExport): Promise<void> {
    return this.#exclusive(async () => {
      checkExport(entry);
      const bus = this.#runningBus();
      const before = this.#exports.get(entry.id);
      if (before && sameExport(before, entry)) return;
      this.#exports.set(entry.id, entry);
      // A machine is about to need what was last looked at when nobody did.
      this.#nextClientLook = Math.min(this.#nextClientLook, this.options.clock.now());
      await this.#writeConfig();
      try {
        // ganesha keeps the old client list when an export is updated, so a changed one is taken away first.
        if (before) await bus.remove(entry.id);
        const refusal = await this.#add(bus, entry);
        if (refusal !== undefined || !(await bus.has(entry.id)))
          throw nfsErrors.NFS_EXPORT_REFUSED({
            what: 'add',
            id: entry.id,
            reason: refusal ?? 'it is not shown afterwards',
          });
      } catch (error) {
        this.#exports.delete(entry.id);
        await this.#writeConfig();
        throw error;
      }
    });
  }

  close(id: number): Promise<void> {
    return this.#exclusive(async () => {
      if (!this.#exports.delete(id)) return;
      await this.#writeConfig();
      // A server that does not run exports nothing, and starts with the configuration that has just been written.
      if (!this.#running || !this.#bus) return;
      const refusal = await this.#bus.remove(id);
      if (await this.#bus.has(id))
        throw nfsErrors.NFS_EXPORT_REFUSED({ what: 'remove', id, reason: refusal ?? 'it is still shown' });
    });
  }

  async #add(bus: Bus, entry: SessionExport): Promise<string | undefined> {
    const file = join(this.options.folder, 'export.conf');
    await writeDurably(file, exportConfig(this.options.squash, entry));
    return bus.add(file, entry.id);
  }

  trouble(): string | undefined {
    if (this.#running) return this.#clientTrouble;
    return this.options.settings.enabled ? 'the NFS server does not run' : 'nfs.enabled is false';
  }

  captureTrouble(): string | undefined {
    return undefined;
  }

  #runningBus(): Bus {
    if (!this.#running || !this.#bus)
      throw this.options.settings.enabled
        ? nfsErrors.NFS_NOT_RUNNING({ reason: 'it is starting or has failed' })
        : nfsErrors.NFS_NOT_RUNNING({ reason: 'nfs.enabled is false' });
    return this.#bus;
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #writeConfig(): Promise<void> {
    const { settings, squash, folder } = this.options;
    const text = ganeshaConfig({
      port: settings.port,
      mountPort: settings.mount_port,
      squash,
      recoveryFolder: join(folder, 'recovery'),
      exports: [...this.#exports.values()],
      major: this.#major,
    });
    await writeDurably(this.#configFile, text);
  }

  async #startChildren(): Promise<void> {
    const { log } = this.options;
    if (!(await portMapperAnswers())) await this.#startPortMapper();
    else await this.#rpcbind.adopt();
    const hasBus = await this.#busDaemon.adopt();
    if (!hasBus) await this.#busDaemon.start();
    const hasServer = await this.#ganesha.adopt();
    if (hasServer && hasBus && (await clientTrouble()) === undefined) {
      log.info('the NFS server of an earlier fogd was adopted');
      return;
    }
    // A server whose bus has gone cannot be told anything, and never looks for a new one; nor does it tell a new port mapper its ports.
    if (hasServer) await this.#ganesha.stop();
    await this.#startServer();
  }

  async #startPortMapper(): Promise<void> {
    const { clock } = this.options;
    try {
      await this.#rpcbind.start();
    } catch (error) {
      throw nfsErrors.NFS_RPCBIND_MISSING({ reason: messageOf(error) }, error);
    }
    for (const end = clock.now() + 3_000; clock.now() < end; await pause(clock, LOOK_EVERY_MS)) {
      if (await portMapperAnswers()) return;
      if (!(await this.#rpcbind.isAlive())) break;
    }
    throw nfsErrors.NFS_RPCBIND_MISSING({ reason: await lastLine(this.#rpcbind.log) });
  }

  async #startServer(): Promise<void> {
    const { settings, clock, portHolder } = this.options;
    const missing = await missingOwnRights();
    if (missing.length > 0) throw nfsErrors.NFS_NOT_PERMITTED({ missing: missing.join(', ') });
    for (const [port, setting] of [
      [settings.port, 'nfs.port'],
      [settings.mount_port, 'nfs.mount_port'],
    ] as const) {
      const holder = await portHolder(port, 'tcp');
      if (holder !== undefined) throw nfsErrors.NFS_PORT_TAKEN({ port, holder, setting });
    }
    await this.#ganesha.start();
    for (const end = clock.now() + READY_MS; clock.now() < end; await pause(clock, LOOK_EVERY_MS)) {
      if (await this.#bus?.answers()) return;
      if (!(await this.#ganesha.isAlive())) break;
    }
    const reason = await lastLine(this.#serverLog);
    await this.#ganesha.stop();
    throw nfsErrors.NFS_START_FAILED({ reason, log: this.#serverLog });
  }

  /** What runs may be older than what is wanted, or have lost something. */
  async #reconcile(): Promise<void> {
    const bus = this.#bus;
    if (!bus) return;
    const shown = new Set((await bus.show()).map(({ id }) => id));
    for (const id of shown) if (id !== 0 && !this.#exports.has(id)) await bus.remove(id);
    for (const entry of [...this.#exports.values()]) {
      if (shown.has(entry.id)) continue;
      const refusal = await this.#add(bus, entry);
      if (refusal === undefined) continue;
      // One session's folder that is gone must not keep all others from their images.
      this.options.log.error({ export: entry.id, reason: refusal }, 'an export could not be made again');
      this.#exports.delete(entry.id);
      await this.#writeConfig();
    }
  }

  #watchEnd(fail: (error: FogdError) => void): boolean {
    const gone = (reason: string) => () => {
      if (this.#running) fail(nfsErrors.NFS_STOPPED({ reason, log: this.#serverLog }));
    };
    const server = this.#ganesha.onEnd(gone(SERVER_GONE));
    const bus = this.#busDaemon.onEnd(gone(BUS_GONE));
    return server && bus;
  }

  #watch(fail: (error: FogdError) => void): void {
    const isToLookAt = this.options.settings.start === 'child' && !this.#tellsEnd;
    this.#cancelWatch = this.options.clock.afterAbout(
      isToLookAt ? WATCH_ADOPTED_EVERY_MS : WATCH_EVERY_MS,
      () => {
        void this.#look().then(
          (error) => {
            if (!this.#running) return;
            if (error) fail(error);
            else this.#watch(fail);
          },
          (error: unknown) => fail(this.#asError(error)),
        );
      },
    );
  }

  #asError(error: unknown): FogdError {
    if (error instanceof FogdError) return error;
    return nfsErrors.NFS_STOPPED({ reason: messageOf(error), log: this.#serverLog }, error);
  }

  async #look(): Promise<FogdError | undefined> {
    if (this.options.settings.start === 'service') {
      const answers = await this.#bus?.answers();
      if (!answers) return notOnBus();
      // What systemd started is not ours to start again: it is only told.
      await this.#lookAsClient();
      return undefined;
    }
    if (!this.#tellsEnd) {
      const gone = (reason: string) => nfsErrors.NFS_STOPPED({ reason, log: this.#serverLog });
      if (!(await this.#ganesha.isAlive())) return gone(SERVER_GONE);
      if (!(await this.#busDaemon.isAlive())) return gone(BUS_GONE);
    }
    return await this.#lookAsClient();
  }

  /** Told in the status at once; the second time it is mended by a start, which clients outlive (docs/adr/0008). */
  async #lookAsClient(): Promise<FogdError | undefined> {
    const now = this.options.clock.now();
    if (now < this.#nextClientLook) return undefined;
    this.#nextClientLook = now + CLIENT_LOOK_EVERY_MS[this.options.isBusy() ? 'busy' : 'idle'];
    const before = this.#clientTrouble;
    this.#clientTrouble = await clientTrouble();
    if (this.#clientTrouble === undefined) {
      await this.#exclusive(() => this.#reconcile());
      this.#clientTrouble = await this.#openTrouble();
      return undefined;
    }
    if (before === undefined) return undefined;
    return nfsErrors.NFS_STOPPED({ reason: this.#clientTrouble, log: this.#serverLog });
  }

  /** What is exported to all machines is mounted as they do it; what is for one of them is only asked of the server. */
  async #openTrouble(): Promise<string | undefined> {
    for (const { pseudo, client } of this.#exports.values()) {
      if (client !== null) continue;
      const trouble = await whyNot(() => findFiles('127.0.0.1', pseudo, ['.mntcheck']));
      if (trouble !== undefined) return trouble;
    }
    return undefined;
  }
}

/** Undefined where it is not installed, which is told when it is started. */
async function majorVersion(): Promise<number | undefined> {
  const program = await findProgram('ganesha.nfsd');
  if (program === undefined) return undefined;
  const { stdout } = await run([program, '-v']);
  const major = /\bV(\d+)\./.exec(stdout)?.[1];
  return major === undefined ? undefined : Number(major);
}

const notOnBus = () => nfsErrors.NFS_NOT_RUNNING({ reason: 'it is not on its message bus' });

function sameExport(a: SessionExport, b: SessionExport): boolean {
  return a.folder === b.folder && a.pseudo === b.pseudo && a.access === b.access && a.client === b.client;
}

/** What a log says last, for a person; the log itself has the rest. */
async function lastLine(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const telling = lines.findLast((line) => /:(CRIT|MAJ|FATAL|EMERG)/.test(line)) ?? lines.at(-1);
  return (telling ?? 'it said nothing').replace(/^.*? :(?=[A-Z ]+ :)/, '').slice(-300);
}

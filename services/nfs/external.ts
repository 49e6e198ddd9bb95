import { randomUUID } from 'node:crypto';
import type { ExportDoor } from '#actions/export-door.js';
import type { Clock } from '#daemon/clock.js';
import type { Health, Service } from '#daemon/service.js';
import { DEV, type Share } from '#domain/share.js';
import { messageOf } from '#errors.js';
import type { TreeProbe } from '#images/tree-probe.js';
import { clientTrouble, findFiles, whyNot } from './rpc.js';

export interface ExternalShareOptions {
  readonly enabled: boolean;
  readonly share: Share;
  /** Of the folder that is to be the other host's tree here; undefined where it is not mounted. */
  readonly tree: TreeProbe | undefined;
  readonly clock: Clock;
}

const LOOK_EVERY_MS = 15_000;

/**
 * Another host's NFS server (`nfs.backend = "external"`): nothing is started and nothing is exported here. It is looked at as a machine
 * would: port mapper, MOUNT, NFS, the two folders that FOS mounts and the mark in them. A file that is made here and must be seen there tells
 * whether captures can be published.
 */
export class ExternalShare implements Service, ExportDoor {
  readonly name = 'nfs';
  #cancel: () => void = () => undefined;
  #isRunning = false;
  #work: Promise<void> = Promise.resolve();
  #trouble: string | undefined = 'not looked at yet';
  #captureTrouble: string | undefined = 'the share was not looked at yet';

  constructor(private readonly options: ExternalShareOptions) {}

  async start(): Promise<void> {
    if (!this.options.enabled) return;
    this.#isRunning = true;
    await this.look();
    this.#lookLater();
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#cancel();
    await this.#work;
  }

  health(): Health {
    if (!this.options.enabled) return { state: 'off', detail: 'nfs.enabled is false: no imaging' };
    const { host, folder } = this.options.share;
    const share = `${host}:${folder}`;
    if (this.#trouble !== undefined)
      return { state: 'degraded', detail: `machines cannot mount ${share}: ${this.#trouble}` };
    if (this.options.tree === undefined)
      return { state: 'ok', detail: `${share}, of another host; no captures: images.folder is not set` };
    if (this.#captureTrouble !== undefined)
      return { state: 'degraded', detail: `no captures into ${share}: ${this.#captureTrouble}` };
    return { state: 'ok', detail: `${share}, of another host, whose tree is ${this.options.tree.folder}` };
  }

  async open(): Promise<void> {
    // Its exports are there for all machines.
  }

  async close(): Promise<void> {
    // Nor can one be taken away.
  }

  trouble(): string | undefined {
    if (!this.options.enabled) return 'nfs.enabled is false';
    const { host, folder } = this.options.share;
    return this.#trouble && `${host}:${folder} cannot be mounted: ${this.#trouble}`;
  }

  captureTrouble(): string | undefined {
    return this.#captureTrouble;
  }

  #lookLater(): void {
    this.#cancel = this.options.clock.afterAbout(LOOK_EVERY_MS, () => {
      this.#work = this.look().then(() => {
        if (this.#isRunning) this.#lookLater();
      });
    });
  }

  async look(): Promise<void> {
    const { share } = this.options;
    this.#trouble =
      (await clientTrouble(share.host)) ??
      (await whyNot(() => findFiles(share.host, share.folder, ['.mntcheck'])));
    this.#captureTrouble = await this.#lookAtTree();
  }

  async #lookAtTree(): Promise<string | undefined> {
    const { share, tree } = this.options;
    if (tree === undefined)
      return `the images are on ${share.host}, and images.folder does not say where their tree is mounted here`;
    if (this.#trouble !== undefined) return this.#trouble;
    const dev = await whyNot(() => findFiles(share.host, inside(share.folder, DEV), ['.mntcheck']));
    if (dev !== undefined) return dev;
    const name = randomUUID();
    try {
      const path = await tree.make(name);
      const hidden = await whyNot(() => findFiles(share.host, share.folder, [path]));
      return hidden && `what is written into ${tree.folder} is not seen on ${share.host}:${share.folder}`;
    } catch (error) {
      return messageOf(error);
    } finally {
      await tree.remove(name);
    }
  }
}

const inside = (folder: string, name: string): string => `${folder === '/' ? '' : folder}/${name}`;

/** What a scenario is, and what it is given to work with. */
import { appendFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeBootDisk } from './boot-disk.js';
import { Capture } from './capture.js';
import { FogdUnderTest } from './fogd.js';
import { type LabHost, LabNetwork } from './network.js';
import { type Firmware, VirtualPc, type VirtualPcOptions } from './virtual-pc.js';

/** What must be there besides the packages of the lab. */
export type Need = 'fogd' | 'imaging-os';

export interface Scenario {
  /** Short, kebab-case: `npm run lab -- NAME`. */
  readonly name: string;
  /** One line: who does what, and what must come of it. */
  readonly title: string;
  readonly needs: readonly Need[];
  /** Hard limit for the whole scenario, in seconds: only what hangs comes to it. */
  readonly timeoutSeconds: number;
  readonly run: (lab: Lab) => Promise<void>;
}

interface PcOptions extends Omit<VirtualPcOptions, 'network' | 'folder' | 'name' | 'firmware' | 'disk'> {
  /** A raw image for its disk; default: a small one that only boots. */
  readonly diskPath?: string;
}

/** One scenario's own segment, capture, daemon and machines. */
export class Lab {
  readonly network: LabNetwork;
  readonly capture: Capture;
  /** Everything worth keeping of a failed scenario is written here. */
  readonly folder: string;
  readonly #print: (line: string) => void;
  readonly #started = Date.now();
  #fogd: FogdUnderTest | undefined;
  #settings: Readonly<Record<string, unknown>> = {};
  #host: LabHost | undefined;
  #restarts = 0;
  readonly #pcs: VirtualPc[] = [];
  #named = 0;

  private constructor(network: LabNetwork, capture: Capture, folder: string, print: (line: string) => void) {
    this.network = network;
    this.capture = capture;
    this.folder = folder;
    this.#print = print;
  }

  /** Network and capture; nothing has been sent yet when it resolves. */
  static async open(folder: string, print: (line: string) => void): Promise<Lab> {
    mkdirSync(folder, { recursive: true });
    const network = await LabNetwork.create();
    try {
      return new Lab(network, await Capture.start(network, folder), folder, print);
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Tells what was reached, with the seconds since the lab was opened. */
  step(text: string): void {
    const seconds = ((Date.now() - this.#started) / 1000).toFixed(1).padStart(7);
    this.#print(`${seconds} s  ${text}`);
  }

  get pcs(): readonly VirtualPc[] {
    return this.#pcs;
  }

  get fogd(): FogdUnderTest | undefined {
    return this.#fogd;
  }

  /** `host`: default the server host of the network. */
  async startFogd(
    settings: Readonly<Record<string, unknown>>,
    host: LabHost = this.network.server,
  ): Promise<FogdUnderTest> {
    this.#settings = settings;
    this.#host = host;
    this.#fogd = await FogdUnderTest.start({ network: this.network, folder: this.folder, settings, host });
    await this.#mustRunWell(this.#fogd);
    return this.#fogd;
  }

  /**
   * Starts the daemon again on the same state, network namespace and settings, after `kill` or `stop`. What the one before said is kept as
   * fogd.1.log and so on.
   */
  async restartFogd(): Promise<FogdUnderTest> {
    if (this.#fogd?.isRunning) throw new Error('fogd still runs');
    this.#restarts += 1;
    renameSync(join(this.folder, 'fogd.log'), join(this.folder, `fogd.${this.#restarts}.log`));
    return await this.startFogd(this.#settings, this.#host);
  }

  /** Its first start ever makes keys, which takes seconds; tests after that are given them. */
  async #mustRunWell(fogd: FogdUnderTest): Promise<void> {
    for (const deadline = Date.now() + 120_000; ; ) {
      const bad = (await fogd.services()).filter(({ state }) => state !== 'running' && state !== 'off');
      if (bad.length === 0) return;
      if (Date.now() > deadline) throw new Error(`fogd does not run well: ${JSON.stringify(bad, null, 2)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** A machine with a disk that prints `DISK BOOTED <nonce>` when it boots, unless `diskPath` names another. */
  async powerOn(firmware: Firmware, nonce: string, options: PcOptions = {}): Promise<VirtualPc> {
    // Counted before anything is awaited: machines that are turned on together have names of their own.
    this.#named += 1;
    const name = `pc${this.#named}`;
    const { diskPath, ...rest } = options;
    const path = diskPath ?? join(this.network.folder, `${name}.disk`);
    if (diskPath === undefined) writeBootDisk(path, nonce);
    const pc = await VirtualPc.powerOn({
      ...rest,
      network: this.network,
      folder: this.folder,
      name,
      firmware,
      disk: { path, format: 'raw' },
    });
    this.#pcs.push(pc);
    return pc;
  }

  /**
   * Tells the boot story of each machine and stops the daemon, which must exit with 0. From then on the
   * store holds every decision (they are written in batches). Done at the end of a scenario, unless the
   * scenario did.
   */
  async finish(): Promise<void> {
    if (!this.#fogd?.isRunning) return;
    for (const { mac } of this.#pcs) {
      const story = await this.#fogd.story(mac);
      this.#print(story.trimEnd());
      appendFileSync(join(this.folder, 'trace.txt'), `${story}\n`);
    }
    await this.#fogd.stop();
  }

  async close(): Promise<void> {
    await this.network.close();
  }
}

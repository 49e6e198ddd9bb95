import { join } from 'node:path';
import { type Child, findProgram, launch } from '#daemon/child.js';
import type { Clock } from '#daemon/clock.js';
import { messageOf } from '#errors.js';
import { nfsErrors } from './errors.js';
import { adopt, forget, identify, isAlive, note, type Owned } from './ownership.js';

const STOP_MS = 5_000;
const LOOK_EVERY_MS = 50;

/** Resolves after a while of the injected clock. */
export function pause(clock: Clock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(milliseconds, resolve);
  });
}

/** A program that goes on without fogd, and is found again by the next one. */
export class OwnedProcess {
  #owned: Owned | undefined;
  #child: Child | undefined;

  constructor(
    private readonly options: {
      readonly name: string;
      /** Debian's package of it. */
      readonly package: string;
      readonly args: readonly string[];
      readonly env?: Readonly<Record<string, string>>;
      /** For the note and the log. */
      readonly folder: string;
      readonly clock: Clock;
    },
  ) {}

  get log(): string {
    return join(this.options.folder, `${this.options.name}.log`);
  }

  get #note(): string {
    return join(this.options.folder, `${this.options.name}.json`);
  }

  /** True if one of ours runs already; it is ours from then on. Throws NFS_GANESHA_MISSING where the program is not installed. */
  async adopt(): Promise<boolean> {
    this.#owned = await adopt(this.#note, await this.#argv());
    return this.#owned !== undefined;
  }

  async start(): Promise<void> {
    const argv = await this.#argv();
    const { env } = this.options;
    try {
      this.#child = await launch(argv, { logFile: this.log, outlives: true, ...(env ? { env } : {}) });
    } catch (error) {
      throw nfsErrors.NFS_START_FAILED(
        { reason: `${this.options.name}: ${messageOf(error)}`, log: this.log },
        error,
      );
    }
    this.#owned = await identify(this.#child.pid, argv);
    if (this.#owned) await note(this.#note, this.#owned);
  }

  /** Calls once when the process has ended; false where only `isAlive` can tell: the kernel tells the end of our own children. */
  onEnd(run: () => void): boolean {
    const child = this.#child;
    if (child === undefined || child.pid !== this.#owned?.pid) return false;
    void child.exited.then(run);
    return true;
  }

  async isAlive(): Promise<boolean> {
    return this.#owned !== undefined && (await isAlive(this.#owned));
  }

  /** Asks it to end, then makes it. */
  async stop(): Promise<void> {
    const owned = this.#owned;
    if (owned && (await isAlive(owned))) {
      process.kill(owned.pid, 'SIGTERM');
      const { clock } = this.options;
      const end = clock.now() + STOP_MS;
      while ((await isAlive(owned)) && clock.now() < end) await pause(clock, LOOK_EVERY_MS);
      if (await isAlive(owned)) process.kill(owned.pid, 'SIGKILL');
    }
    this.#owned = undefined;
    await forget(this.#note);
  }

  async #argv(): Promise<string[]> {
    const { name, args } = this.options;
    const program = await findProgram(name);
    if (program === undefined)
      throw nfsErrors.NFS_GANESHA_MISSING({ program: name, package: this.options.package });
    return [program, ...args];
  }
}

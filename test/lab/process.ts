/**
 * Processes of the lab: argv arrays, no shell, an own process group each, output to a log file. A process
 * never outlives the run: TERM and then KILL at `stop`, the kernel's parent-death signal if the run is
 * killed, the owner mark in the environment for what escapes both (a program that changes its user id
 * loses the parent-death signal).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Cleanup } from './cleanup.js';
import { OWNER_VARIABLE, ownerKey, thisOwner } from './names.js';

/** Ends what hangs, and says nothing of how fast anything has to be: a busy machine takes its time. */
const HANG_MS = 120_000;
/** A process that heeds no TERM. */
const GRACE_MS = 30_000;
/** What has ended may have left a child that holds its pipes; all that it said itself is in them. */
const LEFT_OPEN_MS = 500;

export interface ProcessOptions {
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** Name of the network namespace to run in; none: the machine's own. */
  readonly namespace?: string;
  /**
   * Folder that this process and its children see as /run, in place of the machine's own; only together with `namespace`. Sockets in /run
   * (rpcbind's, D-Bus's) are files and so shared by all network namespaces.
   */
  readonly run?: string;
  /** Everything the program prints, in the order it came. */
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Gets raw standard output instead of the log (which then holds only standard error). */
  readonly onStdout?: (chunk: Buffer) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a finished one-shot command left; `stdout` and `stderr` decoded as UTF-8. */
export interface CommandResult extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** Mounts its first argument on /run, then becomes the rest. `ip netns exec` has made the mounts private already. */
const MOUNT_RUN = 'mount --bind "$0" /run && exec "$@"';

function wrap(argv: readonly string[], namespace: string | undefined, run?: string): [string, string[]] {
  if (run !== undefined && namespace === undefined) throw new Error('a private /run needs a namespace');
  const command = run === undefined ? argv : ['sh', '-c', MOUNT_RUN, run, ...argv];
  const inside = namespace === undefined ? command : ['ip', 'netns', 'exec', namespace, ...command];
  return ['setpriv', ['--pdeathsig', 'KILL', ...inside]];
}

function environment(extra: Readonly<Record<string, string>> | undefined): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C.UTF-8', ...extra, [OWNER_VARIABLE]: ownerKey(thisOwner) };
}

/** Kills a whole process group; one that is gone already is what was wanted. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export class LabProcess {
  readonly name: string;
  /** Settles when the process has ended and its output is read to the end; never rejects. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #log: WriteStream;
  readonly #watchers = new Set<() => void>();
  #output = '';
  #exit: Exit | undefined;

  constructor(cleanup: Cleanup, options: ProcessOptions) {
    this.name = options.argv[0] ?? 'nothing';
    this.#log = createWriteStream(options.logFile);
    const [command, args] = wrap(options.argv, options.namespace, options.run);
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: environment(options.env),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdin.on('error', () => this.#wake()); // EPIPE when the program ends first; `exited` tells that.
    const keep = (chunk: Buffer): void => {
      this.#output += chunk.toString('utf8');
      this.#log.write(chunk);
      this.#wake();
    };
    child.stdout.on('data', options.onStdout ?? keep);
    child.stderr.on('data', keep);
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        if (this.#exit) return;
        this.#exit = exit;
        this.#log.end();
        resolve(exit);
        this.#wake();
      };
      child.once('error', (error) => {
        this.#output += `${String(error)}\n`;
        end({ code: 127, signal: null });
      });
      // What it leaves in its group. Later the number may be that of another group.
      child.once('exit', () => killGroup(child, 'SIGKILL'));
      child.once('close', (code, signal) => end({ code, signal }));
    });
    cleanup.defer(
      `process ${this.name}`,
      () => this.stop().then(() => undefined),
      () => this.kill(),
    );
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Everything printed so far (without standard output when `onStdout` takes it). */
  get output(): string {
    return this.#output;
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  write(data: string | Buffer): void {
    this.#child.stdin?.write(data);
  }

  /** Waits for output that matches, from the start of the process on. Rejects at its end or the timeout. */
  async waitForOutput(pattern: RegExp | string, timeoutMs = HANG_MS): Promise<void> {
    const found = (): boolean =>
      typeof pattern === 'string' ? this.#output.includes(pattern) : pattern.test(this.#output);
    await new Promise<void>((resolve, reject) => {
      const finish = (error?: Error): void => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        if (error) reject(error);
        else resolve();
      };
      const fail = (what: string): void =>
        finish(new Error(`${this.name} ${what} and had not printed ${String(pattern)}:\n${this.#output}`));
      const check = (): void => {
        if (found()) finish();
        else if (this.#exit) fail(`ended (${describeExit(this.#exit)})`);
      };
      const timer = setTimeout(() => fail(`ran for ${timeoutMs} ms`), timeoutMs);
      this.#watchers.add(check);
      check();
    });
  }

  async waitForExit(timeoutMs = HANG_MS): Promise<Exit> {
    return await within(this.exited, timeoutMs, `${this.name} still runs`);
  }

  /** TERM to the whole group, KILL after the grace. Returns how it ended. */
  async stop(graceMs = GRACE_MS): Promise<Exit> {
    if (!this.#exit) {
      killGroup(this.#child, 'SIGTERM');
      const timer = setTimeout(() => killGroup(this.#child, 'SIGKILL'), graceMs);
      await this.exited;
      clearTimeout(timer);
    }
    return await this.exited;
  }

  /** KILL to the whole group, at once. */
  kill(): void {
    if (!this.#exit) killGroup(this.#child, 'SIGKILL');
  }

  #wake(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

export function describeExit(exit: Exit): string {
  return exit.signal ? `killed by ${exit.signal}` : `exit code ${exit.code}`;
}

/** Rejects with `what` when the promise takes longer. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} after ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export interface CommandOptions {
  readonly namespace?: string;
  /** As in `ProcessOptions`. */
  readonly run?: string;
  readonly timeoutMs?: number;
  readonly input?: string;
  readonly cwd?: string;
}

/** Runs a command to its end and returns what it printed; killed at the timeout. */
export async function command(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file, args] = wrap(argv, options.namespace, options.run);
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: environment(undefined),
    detached: true,
    // No pipe without input: closing one to a program that has already ended is an EPIPE that says nothing of it.
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin?.on('error', (error) => stderr.push(Buffer.from(`stdin: ${String(error)}\n`)));
  child.stdin?.end(options.input);
  const timer = setTimeout(() => killGroup(child, 'SIGKILL'), options.timeoutMs ?? HANG_MS);
  try {
    const exit = await new Promise<Exit>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
      child.once('exit', (code, signal) => {
        killGroup(child, 'SIGKILL');
        // A timer that is late comes before what is there to be read meanwhile: that has its turn first.
        setTimeout(() => setImmediate(() => resolve({ code, signal })), LEFT_OPEN_MS).unref();
      });
    });
    return {
      ...exit,
      stdout: Buffer.concat(stdout).toString('utf8'),
      stderr: Buffer.concat(stderr).toString('utf8'),
    };
  } finally {
    clearTimeout(timer);
  }
}

/** Like `command`, but anything other than exit code 0 is an error that shows what was printed. */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await command(argv, options);
  if (result.code !== 0) {
    throw new Error(`${argv.join(' ')}: ${describeExit(result)}\n${result.stdout}${result.stderr}`);
  }
  return result.stdout;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/**
 * The one door to other programs: an argument array and never a shell, an environment that is said and not inherited, limits on output and
 * time. What was started ends with fogd, except what is told to outlive it.
 */

/** Where programs are looked for. fogd's own PATH is not asked: as a service it has none worth asking. */
export const PROGRAM_FOLDERS: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_OUTPUT_LIMIT = 1024 * 1024;

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LaunchOptions {
  /** The whole environment of the child; `LC_ALL=C.UTF-8` is added. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** File that standard output and standard error are appended to, mode 0600; without it they are thrown away. */
  readonly logFile?: string;
  /** Goes on when fogd ends, however that happens: own session, no pipe to fogd. */
  readonly outlives?: boolean;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Then SIGKILL. Default 10 s. */
  readonly timeoutMs?: number;
  /** Bytes of standard output and of standard error that are kept each; more is thrown away and the program killed. Default 1 MiB. */
  readonly outputLimit?: number;
}

export interface RunResult extends ChildExit {
  readonly stdout: string;
  readonly stderr: string;
  /** It was killed for this reason, by us. */
  readonly cut?: 'timeout' | 'output';
}

/** A program that was started and goes on. */
export interface Child {
  readonly pid: number;
  /** Settles when it has ended; never rejects. */
  readonly exited: Promise<ChildExit>;
  /** True when the signal could be sent. */
  kill(signal: NodeJS.Signals): boolean;
}

export interface PipedChild extends Child {
  /** It fails with EPIPE when the program does not want more. */
  readonly input: Writable;
  readonly output: Readable;
  /** What it said on standard error so far, up to 1 MiB. */
  readonly errors: () => string;
}

const ending = new Set<ChildProcess>();

// Synchronous, and the last thing that runs in this process.
process.on('exit', () => {
  for (const child of ending) child.kill('SIGKILL');
});

function environment(extra: Readonly<Record<string, string>> | undefined): NodeJS.ProcessEnv {
  return { LC_ALL: 'C.UTF-8', PATH: PROGRAM_FOLDERS.join(':'), ...extra };
}

/** Absolute path of a program, or undefined when none of the folders has it. */
export async function findProgram(
  name: string,
  folders: readonly string[] = PROGRAM_FOLDERS,
): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** Starts a program that goes on. Rejects with the system's error (`ENOENT`, `EACCES`) when it cannot be started. */
export async function launch(argv: readonly string[], options: LaunchOptions = {}): Promise<Child> {
  const [file, ...args] = words(argv);
  const log = options.logFile === undefined ? undefined : await open(options.logFile, 'a', 0o600);
  try {
    const output = log?.fd ?? 'ignore';
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: environment(options.env),
      detached: options.outlives ?? false,
      stdio: ['ignore', output, output],
    });
    const exited = new Promise<ChildExit>((resolve) => {
      child.once('exit', (code, signal) => {
        ending.delete(child);
        resolve({ code, signal });
      });
    });
    await started(child);
    if (options.outlives) child.unref();
    else ending.add(child);
    return { pid: child.pid ?? 0, exited, kill: (signal) => child.kill(signal) };
  } finally {
    await log?.close();
  }
}

/** Starts a program that is talked to while it runs. Rejects when it cannot be started. */
export async function converse(argv: readonly string[]): Promise<PipedChild> {
  const [file, ...args] = words(argv);
  const child = spawn(file, args, { env: environment(undefined), stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('close', (code, signal) => {
      ending.delete(child);
      resolve({ code, signal });
    });
  });
  const errors = collect(child.stderr, DEFAULT_OUTPUT_LIMIT, () => undefined);
  await started(child);
  ending.add(child);
  const { stdin: input, stdout: output } = child;
  return { pid: child.pid ?? 0, exited, input, output, errors, kill: (signal) => child.kill(signal) };
}

/** Runs a program to its end. Rejects only when it cannot be started; every other outcome is in the result. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [file, ...args] = words(argv);
  const limit = options.outputLimit ?? DEFAULT_OUTPUT_LIMIT;
  // Own process group: what it starts is killed with it.
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: environment(options.env),
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const closed = new Promise<ChildExit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  let cut: RunResult['cut'];
  const end = (why: NonNullable<RunResult['cut']>): void => {
    cut ??= why;
    killGroup(child);
  };
  const stdout = collect(child.stdout, limit, () => end('output'));
  const stderr = collect(child.stderr, limit, () => end('output'));
  // A program that does not read its input closes the pipe; how it ended says the rest.
  child.stdin.on('error', () => undefined);
  await started(child);
  ending.add(child);
  child.stdin.end(options.input ?? '');
  const timer = setTimeout(() => end('timeout'), options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const exit = await closed;
  clearTimeout(timer);
  ending.delete(child);
  return { ...exit, stdout: stdout(), stderr: stderr(), ...(cut && { cut }) };
}

function words(argv: readonly string[]): [string, ...string[]] {
  const [file, ...args] = argv;
  if (file === undefined) throw new RangeError('a program to start has no name');
  return [file, ...args];
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

function collect(stream: NodeJS.ReadableStream, limit: number, tooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    const room = limit - size;
    if (room > 0) chunks.push(chunk.subarray(0, room));
    size += chunk.length;
    if (size > limit) tooMuch();
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // Ended meanwhile: what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

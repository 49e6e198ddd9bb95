import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import type { Cleanup } from '../../lab/cleanup.js';
import { LabProcess } from '../../lab/process.js';
import type { MovedClock } from '../../unit/clients/virtual-day.js';

export interface VirtualFogdOptions {
  readonly cleanup: Cleanup;
  /** For settings, state and log. */
  readonly folder: string;
  /** The settings file as an object. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Name of the network namespace to run in; none: the machine's own. */
  readonly namespace?: string;
}

/** The daemon in a process of its own, whose clock a test moves on (serve.ts). It can be killed and started again; the clock goes on. */
export class VirtualFogd implements MovedClock {
  readonly state: string;
  #now = Date.UTC(2026, 0, 1);
  #process: LabProcess | undefined;
  /** What waits for the next line. */
  #told: () => void = () => undefined;

  constructor(private readonly options: VirtualFogdOptions) {
    this.state = join(options.folder, 'state');
    mkdirSync(this.state, { recursive: true, mode: 0o700 });
  }

  async start(): Promise<void> {
    const { cleanup, folder, settings, namespace } = this.options;
    const config = join(folder, 'fogd.toml');
    writeFileSync(config, stringify(settings));
    const started = this.#line();
    const program = new LabProcess(cleanup, {
      argv: [process.execPath, join(import.meta.dirname, 'serve.js'), config, this.state, String(this.#now)],
      logFile: join(folder, 'fogd.log'),
      onStdout: () => this.#told(),
      ...(namespace === undefined ? {} : { namespace }),
    });
    this.#process = program;
    await Promise.race([started, this.#ended(program)]);
  }

  now(): number {
    return this.#now;
  }

  async advance(milliseconds: number): Promise<void> {
    const program = this.#process;
    if (!program) throw new Error('fogd was not started');
    const moved = this.#line();
    program.write(`${milliseconds}\n`);
    await Promise.race([moved, this.#ended(program)]);
    this.#now += milliseconds;
  }

  /** Time goes by while it does not run. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  /** Without a word. */
  async kill(): Promise<void> {
    this.#process?.kill();
    await this.#process?.exited;
  }

  /** A call of the API, by its socket; gives what it answers, and rejects where that is an error. */
  async api(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const socketPath = join(this.state, 'fogd.sock');
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const call = request({ socketPath, method, path: `/api/v1${path}`, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      });
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return JSON.parse(text);
  }

  /** One answer comes for one question: they are not told apart. */
  #line(): Promise<void> {
    return new Promise((resolve) => (this.#told = resolve));
  }

  async #ended(program: LabProcess): Promise<never> {
    await program.exited;
    throw new Error(`fogd ended: ${program.output.slice(-2_000)}`);
  }
}

/** The daemon under test: started as an admin would, asked through its own command line, read in its store. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { stringify } from 'smol-toml';
import type { LabHost, LabNetwork } from './network.js';
import { command, describeExit, type Exit, LabProcess, mustRun } from './process.js';
import { inRepository } from './repository.js';

const PROGRAM = inRepository('dist', 'src', 'cli', 'fogd.js');

export interface FogdOptions {
  readonly network: LabNetwork;
  /** Where the settings file and the daemon's log go. */
  readonly folder: string;
  /** The settings file as an object; see config/fogd.toml. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Default: the server host of the network. */
  readonly host?: LabHost;
  /** Folder with the built imaging environment; default: var/imaging-os of the repository. */
  readonly imagingOs?: string;
  /** Makes keys as at a first start; else it is given those that an earlier one made: they cost seconds. */
  readonly ownKeys?: true;
  /** Program and arguments that end in starting fogd: another user, mounts of its own. */
  readonly through?: readonly string[];
}

/** One line of `fogd status --json`. */
export interface ServiceLine {
  readonly name: string;
  readonly state: string;
  readonly detail: string;
  readonly remedy?: string;
}

/** The last one of each state folder. */
const last = new Map<string, FogdUnderTest>();

const stateOf = (network: LabNetwork, host: LabHost): string => join(network.folder, `state-${host.role}`);

export class FogdUnderTest {
  /** What `node` is to run for a command of the command line. */
  static readonly program = PROGRAM;
  /** The state folder; the control socket in it keeps its path short (at most 107 bytes). */
  readonly state: string;
  readonly #process: LabProcess;
  readonly #config: string;

  private constructor(options: FogdOptions, host: LabHost) {
    this.state = stateOf(options.network, host);
    mkdirSync(this.state, { recursive: true, mode: 0o700 });
    if (!options.ownKeys && !options.through) giveKeys(join(this.state, 'pki'));
    const config = join(options.folder, 'fogd.toml');
    writeFileSync(config, stringify(options.settings));
    this.#config = config;
    this.#process = new LabProcess(options.network.cleanup, {
      namespace: host.namespace,
      // The NFS server's port mapper has its socket there.
      run: host.run,
      logFile: join(options.folder, 'fogd.log'),
      argv: [
        ...(options.through ?? []),
        process.execPath,
        PROGRAM,
        'serve',
        '--config',
        config,
        '--state',
        this.state,
        ...(options.imagingOs === undefined ? [] : ['--imaging-os', options.imagingOs]),
      ],
    });
  }

  /** Resolves when every service has started (or failed its first start): see `services`. */
  static async start(options: FogdOptions): Promise<FogdUnderTest> {
    const { network, host = network.server } = options;
    const state = stateOf(network, host);
    // What a test that failed left running would hold the folder and the ports.
    await last.get(state)?.kill();
    const fogd = new FogdUnderTest(options, host);
    last.set(state, fogd);
    // The start-up screen comes when all services have been started.
    await fogd.#process.waitForOutput(/fogd \S+, state in /);
    return fogd;
  }

  /** Runs a command of fogd's command line and returns what it printed; fails unless it exits with 0. */
  async cli(...args: string[]): Promise<string> {
    return await mustRun([process.execPath, PROGRAM, ...args, '--state', this.state]);
  }

  /** The same, with something on standard input. */
  async cliWith(input: string, ...args: string[]): Promise<string> {
    return await mustRun([process.execPath, PROGRAM, ...args, '--state', this.state], { input });
  }

  /** `fogd ports` with its settings. */
  async ports(...args: string[]): Promise<string> {
    return await mustRun([process.execPath, PROGRAM, 'ports', '--config', this.#config, ...args]);
  }

  async services(): Promise<readonly ServiceLine[]> {
    // Exit code 3 means that a service has failed; the answer tells which.
    const result = await command([process.execPath, PROGRAM, 'status', '--json', '--state', this.state]);
    if (result.code !== 0 && result.code !== 3) {
      throw new Error(`fogd status: ${describeExit(result)}\n${result.stderr}`);
    }
    return (JSON.parse(result.stdout) as { services: ServiceLine[] }).services;
  }

  /** The boot story of a machine, as a person reads it. */
  async story(mac: string): Promise<string> {
    return await this.cli('trace', mac, '--all');
  }

  /** Reads the store behind the daemon's back. `Row` is the caller's word for the columns it selects. */
  select<Row>(sql: string, ...parameters: unknown[]): Row[] {
    const database = new Database(join(this.state, 'fogd.sqlite'), { readonly: true, fileMustExist: true });
    try {
      return database.prepare(sql).all(...parameters) as Row[];
    } finally {
      database.close();
    }
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isRunning(): boolean {
    return this.#process.exit === undefined;
  }

  get log(): string {
    return this.#process.output;
  }

  /** Asks it to stop as systemd does. It must drain and exit with 0. */
  async stop(): Promise<void> {
    const exit = await this.#process.stop();
    keepKeys(join(this.state, 'pki'));
    if (exit.code !== 0)
      throw new Error(`fogd: ${describeExit(exit)} after SIGTERM\n${this.log.slice(-2000)}`);
  }

  /** Takes it away without a word. */
  async kill(): Promise<Exit> {
    this.#process.kill();
    return await this.#process.exited;
  }
}

const KEYS = inRepository('var', 'test', 'pki');
const KEY_FILES = ['ca.pem', 'communication.pem', 'tls.pem'];

function giveKeys(pki: string): void {
  if (existsSync(KEYS) && !existsSync(pki)) cpSync(KEYS, pki, { recursive: true });
}

/** Once, when they are complete; other test runs may do the same at this moment. */
function keepKeys(pki: string): void {
  if (existsSync(KEYS) || !existsSync(pki)) return;
  if (!KEY_FILES.every((name) => readdirSync(pki).includes(name))) return;
  // Of an authority whose key a test took away nobody else can have leaves.
  if (!readFileSync(join(pki, 'ca.pem'), 'utf8').includes('PRIVATE KEY')) return;
  const own = `${KEYS}-${process.pid}`;
  mkdirSync(own, { recursive: true, mode: 0o700 });
  for (const name of KEY_FILES) cpSync(join(pki, name), join(own, name));
  try {
    renameSync(own, KEYS);
  } catch (error) {
    rmSync(own, { recursive: true });
    if (!existsSync(KEYS)) throw error;
  }
}

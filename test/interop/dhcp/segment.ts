import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Ends what hangs, and says nothing of how fast anything has to be. */
const HANG_MS = 120_000;
/** A program that heeds no TERM. */
const GRACE_MS = 30_000;
/** A client that leaves a child in the background keeps the pipes open; all that it said itself is in them. */
const LEFT_OPEN_MS = 500;

/**
 * A network segment for one test: a bridge in one namespace, hosts in others, no route to anywhere else. Names follow the lab's pattern
 * (`fogd-lab-<pid>-<start>-<n>-<role>`), so that its sweep also finds what a killed test left behind.
 */
export class Segment {
  readonly folder: string;
  readonly #prefix: string;
  readonly #namespaces = new Set<string>();
  readonly #processes = new Set<Program>();

  private constructor(prefix: string) {
    this.#prefix = prefix;
    this.folder = mkdtempSync(join(tmpdir(), `${prefix}-`));
    // Programs that give up root must still read their configuration.
    chmodSync(this.folder, 0o755);
  }

  static async create(): Promise<Segment> {
    counter += 1;
    const segment = new Segment(`fogd-lab-${process.pid}-${startTime()}-${counter}`);
    await segment.#addNamespace('sw');
    await segment.addBridge('br0');
    return segment;
  }

  namespace(role: string): string {
    return `${this.#prefix}-${role}`;
  }

  /** One more bridge: another segment, for relays. */
  async addBridge(name: string): Promise<void> {
    await this.ip(
      'sw',
      `link add ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
      `link set ${name} up`,
    );
  }

  /** A host with one interface per entry: `{ eth0: { bridge: 'br0', address: '10.77.0.1/24' } }`. */
  async addHost(
    role: string,
    interfaces: Readonly<
      Record<string, { readonly bridge?: string; readonly address?: string; readonly mac?: string }>
    >,
  ): Promise<void> {
    await this.#addNamespace(role);
    for (const [name, { bridge = 'br0', address, mac }] of Object.entries(interfaces)) {
      const port = `p${this.#ports++}`;
      const peer = `peer name ${name}${mac === undefined ? '' : ` address ${mac}`} netns ${this.namespace(role)}`;
      await this.ip('sw', `link add ${port} type veth ${peer}`, `link set ${port} master ${bridge} up`);
      const addresses = address === undefined ? [] : [`addr add ${address} brd + dev ${name}`];
      await this.ip(role, `link set ${name} up`, ...addresses);
    }
  }
  #ports = 0;

  /** Lines of `ip -batch` in a host's namespace. */
  async ip(role: string, ...lines: string[]): Promise<void> {
    const { code, output } = await new Program(
      ['ip', '-n', this.namespace(role), '-batch', '-'],
      `${lines.join('\n')}\n`,
    ).ended;
    if (code !== 0) throw new Error(`ip in ${role}: ${lines.join('; ')}: ${output}`);
  }

  /** Starts a program on a host; ended with the segment at the latest. */
  start(role: string, argv: readonly string[], options: { readonly wrap?: readonly string[] } = {}): Program {
    const inside = ['ip', 'netns', 'exec', this.namespace(role), ...(options.wrap ?? []), ...argv];
    const program = new Program(['setpriv', '--pdeathsig', 'KILL', ...inside]);
    this.#processes.add(program);
    return program;
  }

  /** Runs a program on a host to its end. */
  async run(role: string, argv: readonly string[]): Promise<Ended> {
    return await this.start(role, ['timeout', '-k', '1', String(HANG_MS / 1000), ...argv]).ended;
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Ends all that was started: what a test that failed left running would hold the ports of the next. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#processes].map((program) => program.stop()));
    this.#processes.clear();
  }

  async close(): Promise<void> {
    await this.stopAll();
    for (const name of this.#namespaces) await new Program(['ip', 'netns', 'delete', name]).ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #addNamespace(role: string): Promise<void> {
    const name = this.namespace(role);
    const { code, output } = await new Program(['ip', 'netns', 'add', name]).ended;
    if (code !== 0) throw new Error(`ip netns add ${name}: ${output}`);
    this.#namespaces.add(name);
    await this.ip(role, 'link set lo up');
  }
}

let counter = 0;

/** Field 22 of /proc/PID/stat: with the pid it names this process for good. */
function startTime(): string {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

export interface Ended {
  readonly code: number | null;
  /** Standard output and standard error as they came. */
  readonly output: string;
}

/** A program in a process group of its own. */
export class Program {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #output = '';
  #isOver = false;
  readonly #watchers = new Set<() => void>();

  constructor(argv: readonly string[], input?: string) {
    const [file = 'false', ...args] = argv;
    this.#child = spawn(file, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer) => {
      this.#output += chunk.toString('latin1');
      for (const watcher of [...this.#watchers]) watcher();
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    // A program that ends without reading its input; its exit code tells the rest.
    this.#child.stdin?.on('error', keep.bind(undefined, Buffer.alloc(0)));
    if (input !== undefined) this.#child.stdin?.end(input);
    this.ended = new Promise((resolve) => {
      const end = (code: number | null) => {
        if (this.#isOver) return;
        this.#isOver = true;
        for (const watcher of [...this.#watchers]) watcher();
        resolve({ code, output: this.#output });
      };
      this.#child.once('error', (error) => {
        this.#output += String(error);
        end(127);
      });
      this.#child.once('close', end);
      // A timer that is late comes before what is there to be read meanwhile: that has its turn first.
      this.#child.once('exit', (code) => {
        // What it leaves in its group. Later the number may be that of another group.
        this.#signal('SIGKILL');
        setTimeout(() => setImmediate(() => end(code)), LEFT_OPEN_MS);
      });
    });
  }

  get output(): string {
    return this.#output;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Waits until `found` gives something, looking again at each output. */
  async until<T>(what: string, found: (output: string) => T | undefined): Promise<T> {
    return await new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        settle();
      };
      const check = () => {
        const result = found(this.#output);
        if (result !== undefined) finish(() => resolve(result));
        else if (this.#isOver) finish(() => reject(new Error(`ended before ${what}:\n${this.#output}`)));
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no ${what} after ${HANG_MS} ms:\n${this.#output}`))),
        HANG_MS,
      );
      this.#watchers.add(check);
      check();
    });
  }

  async waitFor(text: string): Promise<void> {
    await this.until(JSON.stringify(text), (output) => (output.includes(text) ? true : undefined));
  }

  /** TERM, and KILL where that does not help. */
  async stop(): Promise<Ended> {
    this.#signal('SIGTERM');
    const timer = setTimeout(() => this.#signal('SIGKILL'), GRACE_MS);
    const ended = await this.ended;
    clearTimeout(timer);
    return ended;
  }

  /** Power off for one program. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#isOver) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

  /** Runs a program on a host to its end, KILL after `seconds`. */
  async run(role: string, argv: readonly string[], seconds = 15): Promise<Ended> {
    return await this.start(role, ['timeout', '-k', '1', String(seconds), ...argv]).ended;
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  async close(): Promise<void> {
    for (const program of this.#processes) await program.stop();
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
        this.#isOver = true;
        for (const watcher of [...this.#watchers]) watcher();
        resolve({ code, output: this.#output });
      };
      this.#child.once('error', (error) => {
        this.#output += String(error);
        end(127);
      });
      // Not 'close': a client that leaves a child in the background keeps the pipes open.
      this.#child.once('exit', (code) => setTimeout(() => end(code), 50));
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
  async until<T>(what: string, found: (output: string) => T | undefined, milliseconds = 8000): Promise<T> {
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
        () => finish(() => reject(new Error(`no ${what} after ${milliseconds} ms:\n${this.#output}`))),
        milliseconds,
      );
      this.#watchers.add(check);
      check();
    });
  }

  async waitFor(text: string, milliseconds?: number): Promise<void> {
    await this.until(
      JSON.stringify(text),
      (output) => (output.includes(text) ? true : undefined),
      milliseconds,
    );
  }

  /** TERM, and KILL after two seconds; also for what the program left in its process group. */
  async stop(): Promise<Ended> {
    this.#signal('SIGTERM');
    const timer = setTimeout(() => this.#signal('SIGKILL'), 2000);
    const ended = await this.ended;
    clearTimeout(timer);
    this.#signal('SIGKILL');
    return ended;
  }

  /** Power off for one program. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

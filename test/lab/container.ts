/**
 * A system that systemd really boots, from a folder: PID 1, units, journal, cgroups as on a machine of its own (systemd-nspawn), with a
 * network of its own, which leads nowhere until it is connected.
 */
import type { Cleanup } from './cleanup.js';
import { inControlGroup, removeControlGroup } from './control-group.js';
import { uniquePrefix } from './names.js';
import { type CommandResult, command, describeExit, LabProcess, within } from './process.js';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const READY_MS = 180_000;

export interface ContainerOptions {
  readonly cleanup: Cleanup;
  /** The system. */
  readonly root: string;
  /** Folder of this machine that the container sees, read-only, as `/src`. */
  readonly source: string;
  readonly logFile: string;
}

export class Container {
  #process: LabProcess;
  #systemd = 0;

  private constructor(private readonly options: ContainerOptions) {
    this.#process = this.#start();
  }

  #start(): LabProcess {
    const { options } = this;
    const name = uniquePrefix();
    options.cleanup.defer(`control group ${name}`, () => removeControlGroup(name));
    return new LabProcess(options.cleanup, {
      argv: inControlGroup(name, [
        ...['systemd-nspawn', '--quiet', '--boot', '--private-network', `--machine=${name}`],
        // This machine need not be run by systemd itself.
        ...['--register=no', '--keep-unit', '--link-journal=no', '--console=pipe'],
        // An NFS server opens its files with it.
        '--system-call-filter=open_by_handle_at',
        ...[`--directory=${options.root}`, `--bind-ro=${options.source}:/src`],
      ]),
      logFile: options.logFile,
    });
  }

  /** Resolves when its systemd has started what is to be started; that some of it failed is the caller's business. About 3 s. */
  static async boot(options: ContainerOptions): Promise<Container> {
    const container = new Container(options);
    await container.#settle();
    return container;
  }

  /**
   * Lets its programs reach what a program of this machine reaches, as eth0: the package registries. Nothing reaches them, nor do they
   * reach this machine's own loopback.
   */
  async connect(): Promise<void> {
    const { cleanup, logFile } = this.options;
    const argv = ['slirp4netns', '--configure', '--disable-host-loopback', String(this.#systemd), 'eth0'];
    const link = new LabProcess(cleanup, { argv, logFile: `${logFile}.link` });
    await link.waitForOutput(/received tapfd/);
    // Where slirp4netns answers DNS.
    await this.mustRun('sh', '-c', 'rm -f /etc/resolv.conf; echo nameserver 10.0.2.3 >/etc/resolv.conf');
  }

  /** Runs a command in it, as root. */
  async run(argv: readonly string[], timeoutMs = 180_000): Promise<CommandResult> {
    const inside = ['nsenter', '--all', '--target', String(this.#systemd)];
    return await command([...inside, 'env', '-i', `PATH=${PATH}`, ...argv], { timeoutMs });
  }

  /** Like `run`, but anything other than exit code 0 is an error that shows what was printed. */
  async mustRun(...argv: string[]): Promise<string> {
    const result = await this.run(argv);
    if (result.code !== 0)
      throw new Error(`${argv.join(' ')}: ${describeExit(result)}\n${result.stdout}${result.stderr}`);
    return result.stdout;
  }

  /** A program of this machine in the container's network. */
  async fromOutside(argv: readonly string[]): Promise<CommandResult> {
    return await command(['nsenter', '--net', '--target', String(this.#systemd), ...argv]);
  }

  /** As `reboot` there: what was in /run and in memory is gone. */
  async reboot(): Promise<void> {
    await this.powerOff();
    this.#process = this.#start();
    await this.#settle();
  }

  async powerOff(): Promise<void> {
    await this.run(['systemctl', 'poweroff']);
    await this.#process.waitForExit(READY_MS);
  }

  /** Waits until its systemd has nothing more to start. */
  async #settle(): Promise<void> {
    const look = async (): Promise<void> => {
      for (;;) {
        if (this.#process.exit) throw new Error(`the container ended:\n${this.#process.output}`);
        const found = await command(['pgrep', '-P', String(this.#process.pid), '-x', 'systemd']);
        const pid = Number(found.stdout.split('\n')[0]);
        if (pid > 0) {
          this.#systemd = pid;
          const { stdout } = await this.run(['systemctl', 'is-system-running', '--wait']);
          if (/^(running|degraded)$/m.test(stdout)) return;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    await within(look(), READY_MS, `the container was not up; it said:\n${this.#process.output}\n`);
  }
}

/**
 * A network segment of its own: a bridge in one namespace, hosts in others, taps for virtual PCs. None of
 * the namespaces has a route to the outside, so nothing sent in them can reach a real network.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from './cleanup.js';
import { dnsmasq } from './foreign-programs.js';
import { uniquePrefix } from './names.js';
import { emptyNamespace, emptyNamespaceNow } from './namespace.js';
import { LabProcess, mustRun } from './process.js';

export const SERVER_IPV4 = '10.77.0.1';
export const SERVER_IPV6 = 'fd77::1';

/** A host of the segment; its one interface is `eth0`. */
export interface LabHost {
  readonly role: string;
  /** Name of its network namespace. */
  readonly namespace: string;
  /** Hardware address of eth0. */
  readonly mac: string;
  /** IPv4 address without prefix length, when it has a fixed one. */
  readonly address: string | undefined;
  /** A folder of its own that processes may see as /run (`ProcessOptions.run`); as good as empty. */
  readonly run: string;
}

export interface HostOptions {
  /** Last number of 10.77.0.x/24 and fd77::x/64; none: the interface is up and has no address. */
  readonly address?: number;
  /** Instead, on other bridges: addresses with their prefixes. */
  readonly addresses?: readonly string[];
  /** Where eth0 is plugged in; default: br0. */
  readonly bridge?: string;
}

export class LabNetwork {
  /** Folder for sockets, leases and logs of this network; removed with it. */
  readonly folder: string;
  readonly cleanup = new Cleanup();
  /** Namespace of the bridge; virtual PCs and captures run in it. */
  readonly switchNamespace: string;
  readonly #prefix: string;
  readonly #hosts = new Map<string, LabHost>();
  #taps = 0;

  private constructor() {
    this.#prefix = uniquePrefix();
    this.switchNamespace = `${this.#prefix}-sw`;
    this.folder = mkdtempSync(join(tmpdir(), `${this.#prefix}-`));
    const remove = (): void => rmSync(this.folder, { recursive: true, force: true });
    this.cleanup.defer(`folder ${this.folder}`, remove, remove);
  }

  /** Bridge, server host (10.77.0.1, fd77::1) and a source of router advertisements. About 0.2 s. */
  static async create(): Promise<LabNetwork> {
    const network = new LabNetwork();
    try {
      await network.#addNamespace(network.switchNamespace);
      await network.addBridge('br0');
      await network.addHost('srv', { address: 1 });
      await network.#advertiseRouter();
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  get server(): LabHost {
    return this.host('srv');
  }

  host(role: string): LabHost {
    const host = this.#hosts.get(role);
    if (!host) throw new Error(`the lab network has no host "${role}"`);
    return host;
  }

  /** One more host with its own namespace; `role` at most 10 letters and digits. */
  async addHost(role: string, options: HostOptions = {}): Promise<LabHost> {
    if (!/^[a-z0-9]{1,10}$/.test(role) || this.#hosts.has(role)) throw new Error(`bad or used role ${role}`);
    const namespace = `${this.#prefix}-${role}`;
    const number = this.#hosts.size + 1;
    const mac = `52:54:00:77:ff:${number.toString(16).padStart(2, '0')}`;
    await this.#addNamespace(namespace);
    const { address: last, bridge = 'br0' } = options;
    const own = last === undefined ? [] : [`10.77.0.${last}/24`, `fd77::${last.toString(16)}/64`];
    const addresses = options.addresses ?? own;
    const address = addresses.find((one) => !one.includes(':'))?.split('/')[0];
    const host: LabHost = { role, namespace, mac, address, run: this.#runFolder(role) };
    await this.connect(host, { name: 'eth0', bridge, addresses, mac });
    if (addresses.length > 0)
      await mustRun(['ip', '-n', namespace, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0']);
    this.#hosts.set(role, host);
    return host;
  }

  /** One more interface of a host. */
  async connect(
    { role, namespace }: LabHost,
    {
      name,
      bridge,
      addresses,
      mac,
    }: { name: string; bridge: string; addresses: readonly string[]; mac?: string },
  ): Promise<void> {
    const port = name === 'eth0' ? `p-${role}` : `p-${role}-${name.at(-1)}`;
    await mustRun(['ip', '-n', this.switchNamespace, '-batch', '-'], {
      input: [
        `link add ${port} type veth peer name ${name}${mac === undefined ? '' : ` address ${mac}`} netns ${namespace}`,
        `link set ${port} master ${bridge} up`,
        '',
      ].join('\n'),
    });
    const lines = [
      `link set ${name} up`,
      // `brd +`: without a broadcast address on the interface udpcast and others send to 0.0.0.0.
      ...addresses.map((one) => `addr add ${one} ${one.includes(':') ? 'nodad' : 'brd +'} dev ${name}`),
    ];
    await mustRun(['ip', '-n', namespace, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  }

  /** One more segment. */
  async addBridge(name: string): Promise<void> {
    await mustRun(['ip', '-n', this.switchNamespace, '-batch', '-'], {
      // Without forward_delay 0 a port of the bridge is deaf for its first 15 s; without mcast_snooping 0
      // multicast waits for a querier that is not there.
      input: [
        `link add ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`,
        `link set ${name} up`,
        '',
      ].join('\n'),
    });
  }

  /** A tap on the bridge, in the switch's namespace; returns the interface name. */
  async addTap(): Promise<string> {
    const name = `tap${this.#taps}`;
    this.#taps += 1;
    await mustRun(['ip', '-n', this.switchNamespace, '-batch', '-'], {
      input: `tuntap add dev ${name} mode tap\nlink set ${name} master br0 up\n`,
    });
    return name;
  }

  /** Ends every process of this network and removes its namespaces and its folder. */
  async close(): Promise<void> {
    await this.cleanup.close();
  }

  async #addNamespace(name: string): Promise<void> {
    await mustRun(['ip', 'netns', 'add', name]);
    this.cleanup.defer(
      `namespace ${name}`,
      async () => {
        await emptyNamespace(name);
        await mustRun(['ip', 'netns', 'delete', name]);
      },
      () => {
        emptyNamespaceNow(name);
        spawnSync('ip', ['netns', 'delete', name]);
      },
    );
    await mustRun(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
  }

  /** What Debian's tmpfiles make in /run for the servers that want a folder there. */
  #runFolder(role: string): string {
    const run = join(this.folder, `run-${role}`);
    mkdirSync(join(run, 'rpcbind'), { recursive: true });
    return run;
  }

  /**
   * iPXE tries IPv6 autoconfiguration before it goes on and waits 13 s longer where nobody advertises a
   * router. Its own host keeps this apart from the DHCP servers under test.
   */
  async #advertiseRouter(): Promise<void> {
    const host = await this.addHost('ra', { address: 254 });
    const advertiser = new LabProcess(this.cleanup, {
      namespace: host.namespace,
      logFile: join(this.folder, 'router-advertisements.log'),
      argv: dnsmasq('--bind-interfaces', '--enable-ra', '--dhcp-range=fd77::,ra-only,64,1h'),
    });
    await advertiser.waitForOutput('router advertisement');
  }
}

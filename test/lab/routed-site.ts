/**
 * Machines that reach the server through routers: their segment (br0, 10.77.0.0/24) ends at an access router with a DHCP relay; behind it
 * is a firewall, and behind that the server in a network of its own (10.78.0.1, fd78::1).
 */
import { join } from 'node:path';
import type { LabHost, LabNetwork } from './network.js';
import { LabProcess, mustRun } from './process.js';

/** Everything on the near side of the firewall: the machines, and the relay at both of its addresses. */
const CLIENTS = '10.77.0.0/16';
const CLIENTS6 = 'fd77::/48';
export const FAR_SERVER = '10.78.0.1';
export const FAR_SERVER6 = 'fd78::1';
/** The arguments of `fogd ports` that describe it. */
export const BETWEEN = ['--between', CLIENTS, FAR_SERVER, CLIENTS6, FAR_SERVER6];
/** The access router in the segment of the machines: their way out, and where the relay is answered. */
export const ACCESS_ROUTER = '10.77.0.2';
export const ACCESS_ROUTER6 = 'fd77::2';

/** What fogd needs to lease addresses through the relay. */
export const ROUTED_DHCP = {
  mode: 'server',
  interfaces: ['eth0'],
  subnets: [
    { network: '10.78.0.0/24', ranges: [] },
    { network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'], router: ACCESS_ROUTER },
  ],
};

export class RoutedSite {
  private constructor(
    /** Where fogd runs. */
    readonly server: LabHost,
    /** Forwards everything until rules are loaded. */
    readonly firewall: LabHost,
    /** The router of the machines, with the relay. */
    readonly access: LabHost,
    private readonly network: LabNetwork,
  ) {}

  static async build(network: LabNetwork): Promise<RoutedSite> {
    await network.addBridge('br1');
    await network.addBridge('br2');
    const access = await network.addHost('access', { address: 2 });
    await network.connect(access, {
      name: 'eth1',
      bridge: 'br1',
      addresses: ['10.77.1.2/24', 'fd77:0:0:1::2/64'],
    });
    const firewall = await network.addHost('firewall', {
      bridge: 'br1',
      addresses: ['10.77.1.1/24', 'fd77:0:0:1::1/64'],
    });
    await network.connect(firewall, {
      name: 'eth1',
      bridge: 'br2',
      addresses: ['10.78.0.254/24', 'fd78::fe/64'],
    });
    const server = await network.addHost('far', {
      bridge: 'br2',
      addresses: [`${FAR_SERVER}/24`, `${FAR_SERVER6}/64`],
    });
    const site = new RoutedSite(server, firewall, access, network);
    for (const router of [access, firewall]) await site.#forward(router);
    await site.#routes(access, ['default via 10.77.1.1', 'default via fd77:0:0:1::1']);
    await site.#routes(firewall, ['10.77.0.0/24 via 10.77.1.2', 'fd77::/64 via fd77:0:0:1::2']);
    await site.#routes(server, ['default via 10.78.0.254', 'default via fd78::fe']);
    return site;
  }

  /** Passes DHCP on to the server; resolves when it listens. */
  async startRelay(): Promise<LabProcess> {
    const relay = new LabProcess(this.network.cleanup, {
      namespace: this.access.namespace,
      argv: ['dhcrelay', '-4', '-d', '--no-pid', '-id', 'eth0', '-iu', 'eth1', FAR_SERVER],
      logFile: join(this.network.folder, 'dhcrelay.log'),
    });
    await relay.waitForOutput('Sending on   Socket/fallback');
    return relay;
  }

  /** Lets a host with addresses in the machines' segment find the server. */
  async lead(host: LabHost): Promise<void> {
    await this.#routes(host, [`default via ${ACCESS_ROUTER}`, `fd78::/64 via ${ACCESS_ROUTER6}`]);
  }

  /** Lines for nft on the firewall; gives what it prints. */
  async nft(input: string): Promise<string> {
    return await mustRun(['nft', '-f', '-'], { namespace: this.firewall.namespace, input });
  }

  async #forward({ namespace }: LabHost): Promise<void> {
    const keys = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'];
    await mustRun(['sysctl', '-q', '-w', ...keys], { namespace });
  }

  async #routes({ namespace }: LabHost, routes: readonly string[]): Promise<void> {
    const input = routes.map((route) => `route replace ${route}\n`).join('');
    await mustRun(['ip', '-n', namespace, '-batch', '-'], { input });
  }
}

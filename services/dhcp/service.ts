import type { Clock } from '#daemon/clock.js';
import type { Health, Service } from '#daemon/service.js';
import { type FogdError, messageOf } from '#errors.js';
import type { Settings } from '#settings/schema.js';
import type { Recorder } from '#trace/decision.js';
import { type CompiledDhcp, compileDhcp } from './compile.js';
import { decide } from './decide.js';
import { dhcpErrors } from './errors.js';
import type { LeaseStore } from './lease.js';
import { LeaseTable } from './leases.js';
import { type Interfaces, type Link, readLink } from './link.js';
import { decode, encode, type Packet } from './packet.js';
import { DeviceSocket, type PacketSocket, type PortHolder, type SocketRequest } from './sockets.js';
import { firstObstacle } from './startup-checks.js';
import { summary } from './summary.js';
import { BOOT_SERVER_PORT, type Endpoint, SERVER_PORT, type Verdict } from './verdict.js';

export interface DhcpDependencies {
  readonly settings: Pick<Settings, 'dhcp'>;
  readonly leases: LeaseStore;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** os.networkInterfaces. */
  readonly interfaces: () => Interfaces;
  /** Whether the boot-file store holds a file. */
  readonly hasBootFile: (name: string) => boolean;
  /** Absolute URL of the boot script for machines that reach fogd at this address. */
  readonly scriptUrl: (localAddress: string) => string;
  readonly portHolder?: PortHolder;
  /** Tests put a socket of their own here. */
  readonly openSocket?: (request: SocketRequest) => Promise<PacketSocket>;
}

/** How often interfaces are looked at again: an address may change or go while fogd runs. */
const LOOK_AGAIN_MS = 5000;

/** A named interface and what listens on it. `link` is undefined while it has no IPv4 address. */
interface Station {
  readonly name: string;
  link: Link | undefined;
  readonly sockets: PacketSocket[];
}

/** DHCP on the interfaces of `dhcp.interfaces`, as server or as proxy; nothing at all while `dhcp.mode` is `off`. */
export class DhcpService implements Service {
  readonly name = 'dhcp';
  readonly #deps: DhcpDependencies;
  readonly #compiled: CompiledDhcp;
  #table: LeaseTable;
  #stations: Station[] = [];
  readonly #running = new Set<Promise<void>>();
  #cancelLook: (() => void) | undefined;
  readonly #counts = { received: 0, answered: 0, malformed: 0 };

  constructor(deps: DhcpDependencies) {
    this.#deps = deps;
    this.#compiled = compileDhcp(deps.settings.dhcp);
    this.#table = new LeaseTable(this.#compiled, []);
  }

  async start(fail: (error: FogdError) => void): Promise<void> {
    const { dhcp } = this.#deps.settings;
    if (dhcp.mode === 'off') return;
    const interfaces = this.#deps.interfaces();
    const existing = Object.keys(interfaces).join(', ') || 'none';
    const ports = dhcp.mode === 'proxy' ? [SERVER_PORT, BOOT_SERVER_PORT] : [SERVER_PORT];
    if (dhcp.mode === 'server') this.#table = new LeaseTable(this.#compiled, this.#deps.leases.load());
    const links: Link[] = [];
    try {
      for (const name of dhcp.interfaces) {
        const station: Station = { name, link: undefined, sockets: [] };
        this.#stations.push(station);
        for (const port of ports) {
          station.sockets.push(await this.#open(station, port, existing, fail));
        }
        // Only now: the attempt to open tells an unknown interface from one without address.
        const link = readLink(interfaces, name);
        if (link === undefined) throw dhcpErrors.DHCP_NO_ADDRESS({ interface: name });
        links.push(link);
      }
      const obstacle = firstObstacle(dhcp, this.#compiled, links);
      if (obstacle) throw obstacle;
      // Nothing is answered before everything is in order.
      for (const [index, station] of this.#stations.entries()) station.link = links[index];
    } catch (error) {
      await this.#closeSockets();
      throw error;
    }
    this.#lookAgainLater();
  }

  async stop(): Promise<void> {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    // An ACK whose lease is being written still leaves.
    await Promise.allSettled([...this.#running]);
    await this.#closeSockets();
  }

  health(): Health {
    const { dhcp } = this.#deps.settings;
    if (dhcp.mode === 'off') {
      const [name = 'eth0'] = Object.keys(this.#deps.interfaces()).filter((one) => one !== 'lo');
      return { state: 'off', detail: `turn it on with: npm start -- --dhcp proxy --interface ${name}` };
    }
    const places = this.#stations.map(
      ({ name, link }) => `${name} (${link?.addressText ?? 'no IPv4 address'})`,
    );
    const { received, answered, malformed } = this.#counts;
    const traffic = `${received} packets, ${answered} answered, ${malformed} malformed`;
    const state = this.#stations.some(({ link }) => link === undefined) ? 'degraded' : 'ok';
    if (dhcp.mode === 'proxy') return { state, detail: `proxy on ${places.join(', ')}; ${traffic}` };
    const { size, leased, offered } = this.#table.counts(this.#deps.clock.now());
    const pool = `${leased} of ${size} addresses leased, ${offered} offered`;
    return { state, detail: `server on ${places.join(', ')}; ${pool}; ${traffic}` };
  }

  #open(
    station: Station,
    port: number,
    existing: string,
    fail: (error: FogdError) => void,
  ): Promise<PacketSocket> {
    const device = station.name;
    const open = this.#deps.openSocket ?? DeviceSocket.open;
    return open({
      device,
      port,
      existing,
      portHolder: this.#deps.portHolder,
      events: {
        onMessage: (message, from) => this.#receive(station, port, message, from),
        onFailure: (reason) => fail(dhcpErrors.DHCP_SOCKET_FAILED({ interface: device, port, reason })),
      },
    });
  }

  #receive(station: Station, port: number, message: Buffer, from: Endpoint): void {
    this.#counts.received += 1;
    const decoded = decode(message);
    if (!decoded.ok) {
      this.#counts.malformed += 1;
      this.#deps.recorder.record({
        service: 'dhcp',
        event: 'malformed',
        outcome: 'ignored',
        who: decoded.mac === undefined ? {} : { mac: decoded.mac },
        reasons: [decoded.reason],
        facts: { interface: station.name, bytes: message.length },
      });
      return;
    }
    const verdict = this.#decide(station, port, decoded.packet, from);
    // What was not answered is what a person asks about: the whole packet in one line.
    const isAnswered = verdict.outcome === 'answered';
    const facts = isAnswered
      ? verdict.facts
      : { ...verdict.facts, packet: summary(decoded.packet).slice(0, 400) };
    const work = this.#carryOut(station, port, { ...verdict, facts });
    if (work === undefined) return;
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  #decide(station: Station, port: number, packet: Packet, from: Endpoint): Verdict {
    const nothing = { event: 'ignored', who: {}, facts: { interface: station.name } };
    const { link } = station;
    if (link === undefined) {
      return { ...nothing, outcome: 'ignored', reasons: [`${station.name} has no IPv4 address now`] };
    }
    try {
      return decide(packet, {
        settings: this.#compiled,
        link,
        leases: this.#table,
        port,
        from,
        scriptUrl: this.#deps.scriptUrl(link.addressText),
        hasFile: this.#deps.hasBootFile,
        now: this.#deps.clock.now(),
      });
    } catch (error) {
      // The boot-file store or a mistake of ours: one packet must not end the service for all.
      return { ...nothing, outcome: 'failed', reasons: [messageOf(error)] };
    }
  }

  /**
   * The lease table changes at once, so that the next packet sees it; the answer waits until the change is durable. Returns the work
   * that is left to do, which never rejects.
   */
  #carryOut(station: Station, port: number, verdict: Verdict): Promise<void> | undefined {
    const { effect, client, reply } = verdict;
    const changed =
      effect === undefined || client === undefined
        ? []
        : this.#table.apply(effect, client, this.#deps.clock.now());
    if (changed.length === 0 && reply === undefined) {
      this.#record(verdict);
      return undefined;
    }
    const finish = async () => {
      if (changed.length > 0) await this.#deps.leases.save(changed);
      const socket = station.sockets.find((one) => one.port === port);
      if (reply !== undefined) await socket?.send(encode(reply.packet), reply.to);
      if (reply !== undefined) this.#counts.answered += 1;
      this.#record(verdict);
    };
    return finish().catch((error: unknown) => {
      this.#record({ ...verdict, outcome: 'failed', reasons: [...verdict.reasons, messageOf(error)] });
    });
  }

  #record({ event, outcome, who, reasons, facts }: Verdict): void {
    this.#deps.recorder.record({ service: 'dhcp', event, outcome, who, reasons, facts });
  }

  #lookAgainLater(): void {
    this.#cancelLook = this.#deps.clock.after(LOOK_AGAIN_MS, () => {
      const interfaces = this.#deps.interfaces();
      for (const station of this.#stations) station.link = readLink(interfaces, station.name);
      this.#lookAgainLater();
    });
  }

  async #closeSockets(): Promise<void> {
    const sockets = this.#stations.flatMap((station) => station.sockets);
    this.#stations = [];
    await Promise.all(sockets.map((socket) => socket.close()));
  }
}

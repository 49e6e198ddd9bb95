import { performance } from 'node:perf_hooks';
import type { BootUrls } from '#boot/architecture.js';
import type { Clock } from '#daemon/clock.js';
import type { Health, Service } from '#daemon/service.js';
import { messageOf } from '#errors.js';
import { toText } from '#settings/ipv4.js';
import type { Settings } from '#settings/schema.js';
import type { Recorder } from '#trace/decision.js';
import { AddressProbe } from './address-probe.js';
import { BootStages } from './boot-stages.js';
import { type CompiledDhcp, compileDhcp } from './compile.js';
import { decide } from './decide.js';
import { DECLINED_MS } from './decide-server.js';
import { dhcpErrors } from './errors.js';
import type { Lease, LeaseStore } from './lease.js';
import { LeaseTable } from './leases.js';
import type { Interfaces } from './link.js';
import { MessageType, Option } from './options/codes.js';
import { readAddress, readUint8 } from './options/values.js';
import { OtherServers } from './other-servers.js';
import { BOOT_REPLY, decode, encode, macText, type Packet } from './packet.js';
import { RateLimit } from './rate-limit.js';
import { DeviceSocket, type PacketSocket, type PortHolder, type SocketRequest } from './sockets.js';
import { obstacle } from './startup-checks.js';
import { Station } from './station.js';
import { summary } from './summary.js';
import { BOOT_SERVER_PORT, type Endpoint, SERVER_PORT, type Verdict } from './verdict.js';

export interface DhcpDependencies {
  readonly settings: Pick<Settings, 'dhcp'>;
  readonly leases: LeaseStore;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** os.networkInterfaces. */
  readonly interfaces: () => Interfaces;
  /** The kernel's number of an interface. */
  readonly interfaceIndex: (name: string) => number | undefined;
  /** Whether the boot-file store holds a file. */
  readonly hasBootFile: (name: string) => boolean;
  /** Absolute URLs for machines that reach fogd at this address. */
  readonly urls: (localAddress: string) => BootUrls;
  /** Name of the host that fogd knows a MAC as. */
  readonly hostOf: (mac: string) => string | undefined;
  /** The MAC that the kernel sees behind an address. */
  readonly neighbour: (ip: string) => Promise<string | undefined>;
  readonly portHolder?: PortHolder;
  /** Tests put their own here. */
  readonly openSocket?: (request: SocketRequest) => Promise<PacketSocket>;
  readonly knock?: (ip: string) => Promise<void>;
  readonly busy?: () => number;
}

/** How often interfaces are looked at again: they come, go and change their addresses while fogd runs. */
const LOOK_AGAIN_MS = 2000;
/** Addresses that are tried for one machine when something has them already. */
const MOST_CONFLICTS = 4;
/** What comes by itself, and is no reason to give up. */
const PASSING: ReadonlySet<string> = new Set(['DHCP_UNKNOWN_INTERFACE', 'DHCP_NO_ADDRESS']);

/** DHCP on the interfaces of `dhcp.interfaces`, as server or as proxy; nothing at all while `dhcp.mode` is `off`. */
export class DhcpService implements Service {
  readonly name = 'dhcp';
  readonly #deps: DhcpDependencies;
  readonly #compiled: CompiledDhcp;
  #table: LeaseTable;
  #stations: Station[] = [];
  readonly #stages = new BootStages();
  readonly #others = new OtherServers();
  readonly #limit: RateLimit;
  readonly #probe: AddressProbe;
  readonly #running = new Set<Promise<void>>();
  /** What was last recorded of each interface. */
  readonly #told = new Map<string, string | undefined>();
  #cancelLook: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  readonly #counts = { received: 0, answered: 0, malformed: 0, limited: 0 };

  constructor(deps: DhcpDependencies) {
    this.#deps = deps;
    this.#compiled = compileDhcp(deps.settings.dhcp);
    this.#table = new LeaseTable(this.#compiled, []);
    this.#limit = new RateLimit(deps.busy ?? busyShare());
    this.#probe = new AddressProbe(deps);
  }

  /** Rejects when something keeps all interfaces from being served that does not pass by itself; closes what it opened. */
  async start(): Promise<void> {
    const { dhcp } = this.#deps.settings;
    if (dhcp.mode === 'off') return;
    const ports = dhcp.mode === 'proxy' ? [SERVER_PORT, BOOT_SERVER_PORT] : [SERVER_PORT];
    if (dhcp.mode === 'server') this.#table = new LeaseTable(this.#compiled, this.#deps.leases.load());
    this.#stations = dhcp.interfaces.map(
      (name): Station =>
        new Station({
          name,
          ports,
          interfaces: this.#deps.interfaces,
          indexOf: this.#deps.interfaceIndex,
          openSocket: this.#deps.openSocket ?? DeviceSocket.open,
          portHolder: this.#deps.portHolder,
          obstacle: (link) => obstacle(this.#compiled, link),
          onMessage: (port, message, from) => this.#receive(name, port, message, from),
        }),
    );
    for (const station of this.#stations) {
      await station.look();
      this.#told.set(station.name, station.trouble?.line);
    }
    const isServing = this.#stations.some(({ link }) => link !== undefined);
    const trouble = this.#stations.find((one) => one.trouble && !PASSING.has(one.trouble.code))?.trouble;
    if (!isServing && trouble !== undefined) {
      await this.#closeStations();
      throw trouble;
    }
    this.#lookAgainLater();
  }

  async stop(): Promise<void> {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    await this.#looking;
    // An ACK whose lease is being written still leaves.
    await Promise.allSettled([...this.#running]);
    await this.#closeStations();
    this.#probe.close();
  }

  health(): Health {
    const { dhcp } = this.#deps.settings;
    if (dhcp.mode === 'off') {
      const [name = 'eth0'] = Object.keys(this.#deps.interfaces()).filter((one) => one !== 'lo');
      return {
        state: 'off',
        detail: `turn it on with dhcp.mode = "proxy" and dhcp.interfaces = ["${name}"] (in a checkout: npm start -- --dhcp proxy --interface ${name})`,
      };
    }
    const now = this.#deps.clock.now();
    const served = this.#stations.flatMap(({ name, link }) => (link ? `${name} (${link.addressText})` : []));
    const idle = this.#stations.flatMap(({ name, link, trouble }) =>
      link ? [] : `not on ${name}: ${trouble?.line ?? 'not looked at yet'}`,
    );
    const places = [...(served.length > 0 ? [`on ${served.join(', ')}`] : []), ...idle].join('; ');
    const { received, answered, malformed, limited } = this.#counts;
    const traffic = `${received} packets, ${answered} answered, ${malformed} malformed, ${limited} over the limit`;
    const others = this.#others.names(now);
    const isRivalled = dhcp.mode === 'server' && others.length > 0;
    const state = isRivalled || this.#stations.some(({ link }) => link === undefined) ? 'degraded' : 'ok';
    const beside =
      others.length === 0 ? '' : `; other DHCP server${others.length > 1 ? 's' : ''}: ${others.join(', ')}`;
    if (dhcp.mode === 'proxy') return { state, detail: `proxy ${places}; ${traffic}${beside}` };
    const { size, leased, offered } = this.#table.counts(now);
    const pool = `${leased} of ${size} addresses leased, ${offered} offered`;
    return { state, detail: `server ${places}; ${pool}; ${traffic}${beside}` };
  }

  /**
   * Takes an address out of a machine's hands, at an admin's word; the machine does not know. Resolves with the lease when that is durable.
   * Throws DHCP_LEASE_UNKNOWN.
   */
  async releaseLease(address: number): Promise<Lease> {
    const isServer = this.#compiled.mode === 'server';
    const table = isServer ? this.#table : new LeaseTable(this.#compiled, this.#deps.leases.load());
    const [freed] = table.releaseAddress(address, this.#deps.clock.now());
    if (freed === undefined) throw dhcpErrors.DHCP_LEASE_UNKNOWN({ address: toText(address) });
    await this.#deps.leases.save([freed]);
    return freed;
  }

  #receive(name: string, port: number, message: Buffer, from: Endpoint): void {
    const station = this.#stations.find((one) => one.name === name);
    if (station === undefined) return;
    this.#counts.received += 1;
    if (this.#isLimited(station, message)) return;
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
    this.#watchServers(station, decoded.packet);
    const work = this.#serve(station, port, decoded.packet, from, 0);
    if (work === undefined) return;
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  /** Before anything is read but the hardware address: what is dropped must cost next to nothing. */
  #isLimited(station: Station, message: Buffer): boolean {
    if (message.length < 34) return false;
    const now = this.#deps.clock.now();
    const macOf = () => macText(message.subarray(28, 34));
    const isKnown = (mac: string) => this.#table.knows(mac, now) || this.#deps.hostOf(mac) !== undefined;
    const limited = this.#limit.check(message.toString('latin1', 28, 34), macOf, isKnown, now);
    if (limited === undefined) return false;
    this.#counts.limited += 1;
    if (limited.isNew) {
      this.#deps.recorder.record({
        service: 'dhcp',
        event: 'limited',
        outcome: 'ignored',
        who: {},
        reasons: [limited.reason],
        facts: { interface: station.name, dropped: this.#counts.limited },
      });
    }
    return true;
  }

  /** Machines tell whose offer they take; a relayed one speaks of another network. */
  #watchServers({ name, link }: Station, packet: Packet): void {
    const server = readAddress(packet.options.get(Option.SERVER_ID));
    if (!server || link === undefined || link.addresses.includes(server) || packet.giaddr !== 0) return;
    const type = readUint8(packet.options.get(Option.MESSAGE_TYPE));
    if (type !== MessageType.REQUEST && packet.op !== BOOT_REPLY) return;
    if (!this.#others.see(name, server, this.#deps.clock.now())) return;
    const isRival = this.#compiled.mode === 'server';
    this.#deps.recorder.record({
      service: 'dhcp',
      event: 'other-server',
      outcome: isRival ? 'failed' : 'ignored',
      who: {},
      reasons: [
        isRival
          ? `${toText(server)} leases addresses on ${name} too: machines get now this, now that; stop it, or set dhcp.mode = "proxy"`
          : `${toText(server)} leases the addresses on ${name}`,
      ],
      facts: { interface: name, server: toText(server) },
    });
  }

  /** Decides and carries out. Returns the work that is left to do, which never rejects. */
  #serve(
    station: Station,
    port: number,
    packet: Packet,
    from: Endpoint,
    conflicts: number,
  ): Promise<void> | undefined {
    const verdict = this.#decide(station, port, packet, from);
    // What was not answered is what a person asks about: the whole packet in one line.
    const isAnswered = verdict.outcome === 'answered';
    const told = isAnswered
      ? verdict
      : { ...verdict, facts: { ...verdict.facts, packet: summary(packet).slice(0, 400) } };
    const again = () => this.#serve(station, port, packet, from, conflicts + 1);
    const work = this.#carryOut(station, port, told, conflicts < MOST_CONFLICTS ? again : undefined);
    if (verdict.client !== undefined) this.#stages.note(verdict.client, this.#deps.clock.now());
    return work;
  }

  #decide(station: Station, port: number, packet: Packet, from: Endpoint): Verdict {
    const nothing = { event: 'ignored', who: {}, facts: { interface: station.name } };
    const { link } = station;
    if (link === undefined) {
      return {
        ...nothing,
        outcome: 'ignored',
        reasons: [station.trouble?.message ?? `${station.name} is not served`],
      };
    }
    const now = this.#deps.clock.now();
    try {
      return decide(packet, {
        settings: this.#compiled,
        link,
        leases: this.#table,
        port,
        from,
        urls: this.#deps.urls(link.addressText),
        hostOf: this.#deps.hostOf,
        hasLeftPxe: (mac) => this.#stages.isPastPxe(mac, now),
        hasFile: this.#deps.hasBootFile,
        now,
      });
    } catch (error) {
      // The stores or a mistake of ours: one packet must not end the service for all.
      return { ...nothing, outcome: 'failed', reasons: [messageOf(error)] };
    }
  }

  /**
   * The lease table changes at once, so that the next packet sees it; the answer waits until the change is durable. `again` decides anew
   * where the address turns out to be in use.
   */
  #carryOut(
    station: Station,
    port: number,
    verdict: Verdict,
    again: (() => Promise<void> | undefined) | undefined,
  ): Promise<void> | undefined {
    const { effect, client, reply, probe } = verdict;
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
      if (probe !== undefined && again !== undefined && (await this.#isInUse(probe, verdict)))
        return await again();
      if (reply !== undefined) {
        await station.socket(port)?.send(encode(reply.packet, reply.maxLength), reply.to);
        this.#counts.answered += 1;
      }
      this.#record(verdict);
    };
    return finish().catch((error: unknown) => {
      this.#record({ ...verdict, outcome: 'failed', reasons: [...verdict.reasons, messageOf(error)] });
    });
  }

  /** Sets an address aside that something on the cable has already. */
  async #isInUse(address: number, { client, effect, facts }: Verdict): Promise<boolean> {
    const holder = await this.#probe.holder(address);
    if (holder === undefined || client === undefined || effect === undefined || holder === client.mac)
      return false;
    const now = this.#deps.clock.now();
    const lease: Lease = {
      ...{ address, mac: holder, clientId: undefined, hostname: undefined, state: 'declined' },
      ...{ grantedAt: now, expiresAt: now + DECLINED_MS },
    };
    await this.#deps.leases.save(
      this.#table.apply({ kind: 'decline', network: effect.network, lease }, client, now),
    );
    this.#deps.recorder.record({
      service: 'dhcp',
      event: 'conflict',
      outcome: 'ignored',
      who: { mac: client.mac },
      reasons: [
        `${holder} has ${toText(address)} without a lease: set aside for ${DECLINED_MS / 3_600_000} h`,
      ],
      facts: { ...facts, address: toText(address) },
    });
    return true;
  }

  #record({ event, outcome, who, reasons, facts }: Verdict): void {
    this.#deps.recorder.record({ service: 'dhcp', event, outcome, who, reasons, facts });
  }

  #lookAgainLater(): void {
    this.#cancelLook = this.#deps.clock.afterAbout(LOOK_AGAIN_MS, () => {
      this.#looking = this.#lookAgain().then(() => {
        if (this.#cancelLook !== undefined) this.#lookAgainLater();
      });
    });
  }

  async #lookAgain(): Promise<void> {
    for (const station of this.#stations) {
      this.#tell(station);
      await station.look();
      this.#tell(station);
    }
  }

  #tell({ trouble, link, name }: Station): void {
    if (trouble?.line === this.#told.get(name)) return;
    this.#told.set(name, trouble?.line);
    this.#deps.recorder.record({
      service: 'dhcp',
      event: trouble === undefined ? 'interface-served' : 'interface-lost',
      outcome: trouble === undefined ? 'answered' : 'failed',
      who: {},
      reasons: trouble === undefined ? [] : [trouble.line],
      facts: { interface: name, ...(link === undefined ? {} : { server: link.addressText }) },
    });
  }

  async #closeStations(): Promise<void> {
    const stations = this.#stations;
    this.#stations = [];
    await Promise.all(stations.map((station) => station.close()));
  }
}

/** The share of its time in which the event loop worked, since it was last asked. */
function busyShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}

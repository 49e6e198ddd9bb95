import { errnoOf, FogdError } from '#errors.js';
import { bindError, tftpErrors } from './errors.js';
import { LocalAddress, type PortRange } from './local-address.js';
import type { Endpoint, Peer } from './sockets.js';

export interface AddressesDeps {
  readonly list: () => readonly string[];
  readonly port: number;
  readonly range: PortRange;
  readonly portHolder: (port: number, protocol: 'udp') => Promise<string | undefined>;
  readonly receive: (local: LocalAddress, endpoint: Endpoint, bytes: Buffer, peer: Peer) => void;
}

/** The local addresses that are served: opened at the start, followed while they come and go. */
export class Addresses {
  readonly #open = new Map<string, LocalAddress>();
  /** Addresses that exist and could not be opened, with the reason. */
  readonly #failed = new Map<string, FogdError>();

  constructor(private readonly deps: AddressesDeps) {}

  get open(): readonly LocalAddress[] {
    return [...this.#open.values()];
  }

  /** Opens all. Rejects, with nothing left open, when no address that a machine could reach works. */
  async start(): Promise<void> {
    await this.rescan();
    const works = this.open.some(({ address }) => !isLoopback(address));
    const [worst] = [...this.#failed].sort(([a], [b]) => Number(isLoopback(a)) - Number(isLoopback(b)));
    if (worst && !(works || (this.open.length > 0 && isLoopback(worst[0])))) {
      this.close('this server could not start');
      throw worst[1];
    }
  }

  /** Brings the open addresses in step with those of the machine, and tries again what failed. Never rejects. */
  async rescan(): Promise<void> {
    const wanted = new Set(this.deps.list());
    for (const [address, local] of this.#open) {
      if (wanted.has(address)) continue;
      this.#open.delete(address);
      local.close(`the address ${address} left this machine`);
    }
    for (const address of this.#failed.keys()) if (!wanted.has(address)) this.#failed.delete(address);
    for (const address of wanted) {
      const local = this.#open.get(address);
      if (!local) await this.#add(address);
      else if (local.missing.length > 0) await local.openRange();
    }
  }

  close(reason: string): void {
    for (const local of this.#open.values()) local.close(reason);
    this.#open.clear();
    this.#failed.clear();
  }

  /** What does not work, one line each; empty when all is well. */
  get problems(): string[] {
    const problems = [...this.#failed.values()].map((error) => error.message);
    for (const { address, ports } of this.open) {
      if (ports.open < ports.wanted) {
        const lost = `${ports.wanted - ports.open} of ${ports.wanted} ports of the range could not be opened`;
        problems.push(`${lost} on ${address} (${ports.reason})`);
      }
    }
    if (this.#open.size === 0 && problems.length === 0) problems.push('this machine has no address yet');
    return problems;
  }

  get summary(): string {
    const { first, last } = this.deps.range;
    const addresses = this.open.map(({ address }) => address).join(', ') || 'no address';
    return `${this.open[0]?.listener.port ?? this.deps.port}/udp on ${addresses}, files from ${first}-${last}/udp`;
  }

  async #add(address: string): Promise<void> {
    const { port, range, receive } = this.deps;
    try {
      const local = await LocalAddress.open(address, port, range, {
        message: (endpoint, bytes, peer) => {
          const owner = this.#open.get(address);
          if (owner) receive(owner, endpoint, bytes, peer);
        },
        failed: (endpoint) => this.#lost(address, endpoint),
      });
      if (local.ports.open === 0) {
        local.close('');
        const text = `${range.first}-${range.last}`;
        throw tftpErrors.TFTP_RANGE_TAKEN({ range: text, address, reason: local.ports.reason });
      }
      this.#open.set(address, local);
      this.#failed.delete(address);
    } catch (error) {
      // An address can vanish between being listed and being bound.
      if (errnoOf(error) === 'EADDRNOTAVAIL') return;
      const known = this.#failed.get(address);
      if (known && errnoOf(known.cause) === errnoOf(error)) return;
      this.#failed.set(address, error instanceof FogdError ? error : await this.#explain(error, address));
    }
  }

  async #explain(error: unknown, address: string): Promise<FogdError> {
    const { port, portHolder } = this.deps;
    const holder = errnoOf(error) === 'EADDRINUSE' ? await portHolder(port, 'udp') : undefined;
    return bindError(error, address, port, holder);
  }

  /** A socket broke. The next look opens it anew. */
  #lost(address: string, endpoint: Endpoint): void {
    const local = this.#open.get(address);
    if (!local) return;
    if (endpoint === local.listener) {
      this.#open.delete(address);
      local.close('a socket of this server failed');
    } else local.drop(endpoint);
  }
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

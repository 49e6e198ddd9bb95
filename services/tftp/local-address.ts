import { errnoOf, messageOf } from '#errors.js';
import { PortPool } from './port-pool.js';
import type { Session } from './session.js';
import { type Endpoint, type EndpointHandlers, openEndpoint } from './sockets.js';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** More sockets than this serve nobody: each carries any number of transfers. */
const MOST_SOCKETS = 256;

/**
 * One address of this machine: the socket that hears requests and the sockets that files are sent from. Each address has its own, since
 * Node cannot tell the destination of a datagram that came to 0.0.0.0, and an answer must come from the address that was asked.
 */
export class LocalAddress {
  readonly pool = new PortPool<Session>();
  /** What runs for each client address and port. */
  readonly sessions = new Map<string, Session>();
  readonly waiting = new Map<number | string, Buffer>();
  /** Ports of the range that could not be opened. */
  #missing: number[] = [];
  #lastReason = '';
  #isOpen = true;

  private constructor(
    readonly address: string,
    readonly listener: Endpoint,
    private readonly range: PortRange,
    private readonly handlers: EndpointHandlers,
  ) {}

  /** Rejects with the system's error when the listening port cannot be opened. */
  static async open(
    address: string,
    port: number,
    range: PortRange,
    handlers: EndpointHandlers,
  ): Promise<LocalAddress> {
    const listener = await openEndpoint(address, port, handlers);
    const local = new LocalAddress(address, listener, range, handlers);
    // With the listening port in the range files are sent from it too: requests are told from ACKs by their opcode.
    if (listener.port >= range.first && listener.port <= range.last) local.pool.add(listener);
    await local.openRange();
    return local;
  }

  /** Ports of the range that work, and how many were wanted. */
  get ports(): { readonly open: number; readonly wanted: number; readonly reason: string } {
    return { open: this.pool.endpoints.length, wanted: this.#wanted.length, reason: this.#lastReason };
  }

  /** Opens what is not open yet; ports that are taken are skipped, and may be free next time. */
  async openRange(): Promise<void> {
    const open = new Set(this.pool.endpoints.map(({ port }) => port));
    const missing: number[] = [];
    for (const port of this.#wanted) {
      if (open.has(port)) continue;
      try {
        const endpoint = await openEndpoint(this.address, port, this.handlers);
        if (this.#isOpen) this.pool.add(endpoint);
        else endpoint.close();
      } catch (error) {
        missing.push(port);
        this.#lastReason = errnoOf(error) ?? messageOf(error);
      }
    }
    this.#missing = missing;
  }

  /** Takes a broken socket out; the next `openRange` opens its port again. */
  drop(endpoint: Endpoint): void {
    for (const session of this.pool.remove(endpoint)) session.stop('a socket of this server failed');
    this.#missing.push(endpoint.port);
  }

  get missing(): readonly number[] {
    return this.#missing;
  }

  /** Ends what runs here, telling the clients, and closes the sockets. */
  close(reason: string): void {
    this.#isOpen = false;
    for (const session of [...this.sessions.values()]) session.stop(reason);
    for (const endpoint of [this.listener, ...this.pool.endpoints]) endpoint.close();
  }

  get #wanted(): number[] {
    const { first, last } = this.range;
    return Array.from({ length: Math.min(MOST_SOCKETS, last - first + 1) }, (_, index) => first + index);
  }
}

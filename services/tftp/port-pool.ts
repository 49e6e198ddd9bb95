import { RecentMap } from '#recent-map.js';
import { type Endpoint, type Peer, peerKey } from './sockets.js';

/** How many ended transfers are remembered, so that their late packets are not taken for a stranger's. */
const REMEMBERED = 1_000;

/**
 * The sockets that files of one local address are sent from. They are few and shared: a transfer is found by (local port, client address,
 * client port), so a range of one port serves as many clients as a range of a hundred.
 */
export class PortPool<T> {
  readonly #transfers = new Map<Endpoint, Map<number | string, T>>();
  readonly #ended = new RecentMap<string, true>(REMEMBERED);
  #turn = 0;

  get endpoints(): readonly Endpoint[] {
    return [...this.#transfers.keys()];
  }

  add(endpoint: Endpoint): void {
    this.#transfers.set(endpoint, new Map());
  }

  /** Takes a socket out; returns the transfers that ran on it. */
  remove(endpoint: Endpoint): T[] {
    const transfers = [...(this.#transfers.get(endpoint)?.values() ?? [])];
    this.#transfers.delete(endpoint);
    return transfers;
  }

  /** Gives a transfer the next socket in turn; undefined when there is none, or each one has a transfer with this peer already. */
  place(peer: Peer, transfer: T): Endpoint | undefined {
    const key = peerKey(peer);
    const endpoints = this.endpoints;
    for (let tried = 0; tried < endpoints.length; tried++) {
      const endpoint = endpoints[this.#turn++ % endpoints.length];
      const transfers = endpoint && this.#transfers.get(endpoint);
      if (!transfers || transfers.has(key)) continue;
      transfers.set(key, transfer);
      this.#ended.delete(`${endpoint.port} ${key}`);
      return endpoint;
    }
    return undefined;
  }

  find(endpoint: Endpoint, peer: Peer): T | undefined {
    return this.#transfers.get(endpoint)?.get(peerKey(peer));
  }

  release(endpoint: Endpoint, peer: Peer): void {
    if (this.#transfers.get(endpoint)?.delete(peerKey(peer))) this.remember(endpoint, peer);
  }

  /** Notes that there was something between these two, and that it is over. */
  remember(endpoint: Endpoint, peer: Peer): void {
    this.#ended.set(`${endpoint.port} ${peerKey(peer)}`, true);
  }

  /** Whether something between these two ended lately. */
  hasEnded(endpoint: Endpoint, peer: Peer): boolean {
    return this.#ended.get(`${endpoint.port} ${peerKey(peer)}`) === true;
  }
}

import { RecentMap } from '#recent-map.js';
import { type Endpoint, type Peer, peerKey } from './sockets.js';

/** How many ended transfers are remembered, so that their late packets are not taken for a stranger's. */
const REMEMBERED = 1_000;
/** Transfers of one socket before the next is taken: their ACKs must fit the buffer that a kernel gives without privilege (208 KiB, 0.8 each). */
const FULL = 64;

/**
 * The sockets that files of one local address are sent from. They are few and shared: a transfer is found by (local port, client address,
 * client port), so a range of one port serves as many clients as a range of a hundred.
 */
export class PortPool<T> {
  readonly #transfers = new Map<Endpoint, Map<number | string, T>>();
  readonly #ended = new RecentMap<string, true>(REMEMBERED);

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

  /**
   * Gives a transfer a socket on which this peer has no other transfer, and had none lately if that can be; undefined when there is none. One
   * after the other is filled: what waits in one socket is read with one system call.
   */
  place(peer: Peer, transfer: T): Endpoint | undefined {
    const key = peerKey(peer);
    let [chosen, most]: [Endpoint | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const [endpoint, transfers] of this.#transfers) {
      if (transfers.has(key)) continue;
      const load = transfers.size + (this.hasEnded(endpoint, peer) ? FULL : 0);
      if (load < most) [chosen, most] = [endpoint, load];
      if (load < FULL) break;
    }
    if (chosen === undefined) return undefined;
    this.#transfers.get(chosen)?.set(key, transfer);
    this.#ended.delete(`${chosen.port} ${key}`);
    return chosen;
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

import { createSocket, type Socket } from 'node:dgram';
import type { Clock } from '#daemon/clock.js';
import { toText } from '#settings/ipv4.js';

/** An answer to ARP comes within a millisecond or two on a cable; a sleeping machine's card takes longer. */
const WAIT_MS = 100;
/** Each address that nobody has stays in the kernel's neighbour table for a while, which has room for about 1,000. */
const MOST_AT_ONCE = 32;
const DISCARD_PORT = 9;

export interface AddressProbeOptions {
  readonly clock: Clock;
  /** The MAC that the kernel sees behind an address. */
  readonly neighbour: (ip: string) => Promise<string | undefined>;
  /** Makes the kernel look for a neighbour; tests put theirs here. */
  readonly knock?: (ip: string) => Promise<void>;
}

/**
 * Finds out whether something on the cable has an address already: a datagram makes the kernel ask by ARP, and its neighbour table tells
 * what came of it. Needs no privilege.
 */
export class AddressProbe {
  readonly #options: AddressProbeOptions;
  #socket: Socket | undefined;
  #running = 0;

  constructor(options: AddressProbeOptions) {
    this.#options = options;
  }

  /** The MAC of what has the address; undefined when nothing answers, or when so many are asked for that this one must do without. */
  async holder(address: number): Promise<string | undefined> {
    if (this.#running >= MOST_AT_ONCE) return undefined;
    this.#running += 1;
    try {
      const ip = toText(address);
      const { clock, neighbour, knock = (to) => this.#knock(to) } = this.#options;
      await knock(ip);
      await new Promise<void>((resolve) => clock.after(WAIT_MS, resolve));
      return await neighbour(ip);
    } finally {
      this.#running -= 1;
    }
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  async #knock(ip: string): Promise<void> {
    this.#socket ??= createSocket('udp4').on('error', () => this.close());
    const socket = this.#socket;
    // A network that cannot be reached has nobody in it: no answer is an answer.
    await new Promise<void>((resolve) => socket.send(Buffer.of(0), DISCARD_PORT, ip, () => resolve()));
  }
}

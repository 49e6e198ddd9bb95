import { toText } from '#settings/ipv4.js';

/** A server that nobody took an address from for so long is not there any more. */
const FORGOTTEN_MS = 24 * 3_600_000;
/** More than this are invented. */
const MOST = 32;

/** Other DHCP servers on our interfaces, known by what machines say when they choose one (option 54 of a REQUEST). */
export class OtherServers {
  readonly #seen = new Map<string, { readonly interface: string; readonly address: number; at: number }>();

  /** Returns true the first time. */
  see(device: string, address: number, now: number): boolean {
    const key = `${device} ${address}`;
    const before = this.#seen.get(key);
    if (before !== undefined) {
      const isBack = now - before.at > FORGOTTEN_MS;
      before.at = now;
      return isBack;
    }
    if (this.#seen.size >= MOST) return false;
    this.#seen.set(key, { interface: device, address, at: now });
    return true;
  }

  /** `10.0.0.9 on eth0`, of each that is there now. */
  names(now: number): string[] {
    return [...this.#seen.values()]
      .filter(({ at }) => now - at <= FORGOTTEN_MS)
      .map(({ interface: device, address }) => `${toText(address)} on ${device}`);
  }
}

export interface Guest {
  /** Called when the place is needed for another; the guest leaves. */
  evict(): void;
}

export interface AdmissionLimits {
  readonly total: number;
  readonly perAddress: number;
}

/** A machine takes one file at a time, a router with address translation brings a hundred machines, and nobody needs more. */
export const LIMITS: AdmissionLimits = { total: 10_000, perAddress: 500 };

/**
 * Who may have a transfer. Requests can be forged, so a guest that has never answered holds its place only while there is room: at the limit
 * the longest unanswered one makes way. Forged requests can therefore crowd out each other, and never a transfer that runs.
 */
export class Admission {
  readonly #guests = new Map<Guest, string>();
  readonly #perAddress = new Map<string, number>();
  /** Those who were sent something and have not answered, in order of arrival. */
  readonly #unanswered = new Set<Guest>();

  constructor(private readonly limits: AdmissionLimits = LIMITS) {}

  get size(): number {
    return this.#guests.size;
  }

  /** Undefined when admitted, else the reason why not. */
  enter(guest: Guest, address: string): string | undefined {
    const here = this.#perAddress.get(address) ?? 0;
    if (here >= this.limits.perAddress) {
      return `${address} already has ${here} transfers, the most for one address`;
    }
    if (this.#guests.size >= this.limits.total) {
      const [oldest] = this.#unanswered;
      if (oldest === undefined) return `${this.#guests.size} transfers run already, the most at a time`;
      oldest.evict();
      this.leave(oldest);
    }
    this.#guests.set(guest, address);
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    return undefined;
  }

  /** From here on the guest may have to make way; before, while its file is being opened, evicting it would free nothing. */
  started(guest: Guest): void {
    if (this.#guests.has(guest)) this.#unanswered.add(guest);
  }

  /** The guest has proved that it receives what is sent to its address. */
  answered(guest: Guest): void {
    this.#unanswered.delete(guest);
  }

  leave(guest: Guest): void {
    const address = this.#guests.get(guest);
    if (address === undefined) return;
    this.#guests.delete(guest);
    this.#unanswered.delete(guest);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#perAddress.set(address, left);
    else this.#perAddress.delete(address);
  }
}

/** A file that fogd is taking in. */
export interface Arrival {
  readonly name: string;
  readonly version: string;
  /** So far. */
  readonly bytes: number;
  /** null: who sends it did not say. */
  readonly total: number | null;
}

/** Tells once how many bytes will come, where that is known. */
export type TellTotal = (bytes: number) => void;

/** What is being taken in now, for people who wait for it. In memory. */
export class Arrivals {
  readonly #current = new Set<{ name: string; version: string; bytes: number; total: number | null }>();

  list(): readonly Arrival[] {
    return [...this.#current].map((one) => ({ ...one }));
  }

  /** Passes a file on, and knows how far it is until its end, whatever that is. */
  async *follow(
    file: { readonly name: string; readonly version: string },
    read: (tell: TellTotal) => AsyncIterable<Uint8Array>,
  ): AsyncIterable<Uint8Array> {
    const { name, version } = file;
    const arrival = { name, version, bytes: 0, total: null as number | null };
    this.#current.add(arrival);
    try {
      for await (const part of read((total) => {
        arrival.total = total;
      })) {
        arrival.bytes += part.length;
        yield part;
      }
    } finally {
      this.#current.delete(arrival);
    }
  }
}

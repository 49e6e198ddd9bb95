/**
 * A map that forgets by itself: it keeps the `least` entries that were set last, and at most twice as many.
 *
 * Two maps of which the older is let go as a whole. To take out the oldest entry of one `Map` each time would cost more than all else about
 * it: a deleted entry leaves a hole, and finding the first entry walks over all holes before it (10 µs with 20,000 entries).
 */
export class RecentMap<K, V> {
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(private readonly least: number) {}

  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.least && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: K): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}

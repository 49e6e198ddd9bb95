import type { Store } from './store.js';

/** Running numbers that must survive a restart, such as the next number of a host-name pattern. */
export class CounterRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get(name: string, initial: number): number {
    return (
      (this.#store.prepare('SELECT value FROM counters WHERE name = ?').pluck().get(name) as
        | number
        | undefined) ?? initial
    );
  }

  /** Must run inside `store.commit`. */
  set(name: string, value: number): void {
    this.#store
      .prepare(
        'INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      )
      .run(name, value);
  }
}

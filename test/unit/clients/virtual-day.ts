const SECOND = 1_000;

/** A clock that stands still until it is moved on; resolves when all that fell due is done. */
export interface MovedClock {
  now(): number;
  advance(milliseconds: number): Promise<void>;
}

/**
 * Lets many run at once on one virtual clock: time moves on only when all of them sleep, so that what takes real time (a thread, a file)
 * takes none of theirs. Sleeps end at whole seconds.
 */
export class VirtualDay {
  #awake = 0;
  #told: () => void = () => undefined;
  readonly #sleepers = new Map<number, Array<() => void>>();

  constructor(private readonly clock: MovedClock) {}

  readonly now = (): number => this.clock.now();

  readonly sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      const second = Math.ceil((this.clock.now() + milliseconds) / SECOND);
      const sleepers = this.#sleepers.get(second) ?? [];
      sleepers.push(resolve);
      this.#sleepers.set(second, sleepers);
      this.#rest();
    });

  begin(work: () => Promise<void>): void {
    this.#awake++;
    void work().finally(() => this.#rest());
  }

  async run(milliseconds: number): Promise<void> {
    const end = this.clock.now() + milliseconds;
    for (;;) {
      if (this.#awake > 0) await new Promise<void>((resolve) => (this.#told = resolve));
      const next = Math.min(...this.#sleepers.keys());
      if (!Number.isFinite(next) || next * SECOND > end) return;
      await this.clock.advance(next * SECOND - this.clock.now());
      const sleepers = this.#sleepers.get(next) ?? [];
      this.#sleepers.delete(next);
      this.#awake += sleepers.length;
      for (const wake of sleepers) wake();
    }
  }

  #rest(): void {
    this.#awake--;
    if (this.#awake === 0) this.#told();
  }
}

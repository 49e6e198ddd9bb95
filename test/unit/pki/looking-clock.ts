import { expect, vi } from 'vitest';
import { settle, VirtualClock } from '../virtual-clock.js';

/** For what looks after something again and again, with the disk in between: knows when a look is over. */
export class LookingClock extends VirtualClock {
  #begun = 0;

  override after(milliseconds: number, run: () => void): () => void {
    this.#begun++;
    return super.after(milliseconds, run);
  }

  /** Moves on by the pause between two looks, and resolves when the next pause has begun. */
  async look(milliseconds: number): Promise<void> {
    const begun = this.#begun;
    await this.advance(milliseconds);
    await vi.waitFor(() => expect(this.#begun).toBe(begun + 1), { interval: 2, timeout: 60_000 });
    await settle();
  }
}

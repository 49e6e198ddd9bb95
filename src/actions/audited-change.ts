import type { AuditEntry } from '#store/audit.js';
import type { Transactions } from '#store/store.js';
import type { Context } from './context.js';

/** Who changes what; `made` is what a transaction gives that made it. */
export type EntryOf = (made?: unknown) => Omit<AuditEntry, 'id' | 'outcome'>;

/**
 * A change and its entry in the audit log, which are one: the entry is in the first transaction of whatever works on `context`, so that
 * neither is without the other. What is more than one transaction is to `begin` before: its entry is there first, and is told how it ended.
 */
export class AuditedChange {
  readonly context: Context;
  readonly #plain: Context;
  readonly #entryOf: EntryOf;
  #isWritten = false;
  #begun: number | undefined;

  constructor(plain: Context, entryOf: EntryOf) {
    this.#plain = plain;
    this.#entryOf = entryOf;
    const { store } = plain;
    const transactions: Transactions = {
      read: (look) => store.read(look),
      commit: (write) => this.#beside(write, (both) => store.commit(both)),
      commitGrouped: (write) => this.#beside(write, (both) => store.commitGrouped(both)),
      commitTogether: (write) => this.#beside(write, (both) => store.commitTogether(both)),
    };
    this.context = { ...plain, store: transactions };
  }

  /** Resolves when the entry is durable. */
  async begin(): Promise<void> {
    const { store, audit } = this.#plain;
    this.#begun = await store.commit(() => audit.add({ ...this.#entryOf(), outcome: 'begun' }));
    this.#isWritten = true;
  }

  /** It was done, and gave `made`: a change without a transaction of its own gets its entry here. Resolves when that is durable. */
  async done(made: unknown): Promise<void> {
    const { store, audit } = this.#plain;
    const id = this.#begun;
    if (id !== undefined) await store.commit(() => audit.ended(id, 'done'));
    else if (!this.#isWritten)
      await store.commit(() => audit.add({ ...this.#entryOf(made), outcome: 'done' }));
  }

  async failed(): Promise<void> {
    const { store, audit } = this.#plain;
    const id = this.#begun;
    if (id !== undefined) await store.commit(() => audit.ended(id, 'failed'));
  }

  async #beside<T>(write: () => T, commit: (write: () => T) => Promise<T>): Promise<T> {
    if (this.#isWritten) return commit(write);
    this.#isWritten = true;
    try {
      return await commit(() => {
        const made = write();
        this.#plain.audit.add({ ...this.#entryOf(made), outcome: 'done' });
        return made;
      });
    } catch (error) {
      this.#isWritten = false;
      throw error;
    }
  }
}

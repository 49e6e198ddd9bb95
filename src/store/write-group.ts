interface Member {
  readonly write: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes of one turn of the event loop in one transaction: when a thousand machines ask at once, beginning and ending a transaction costs
 * more than what is written in it (docs/adr/0004).
 */
export class WriteGroup {
  #members: Member[] = [];

  /** `transact` runs a function in one transaction and throws what it throws, with everything rolled back. */
  constructor(private readonly transact: (write: () => void) => void) {}

  /** Settles as `write` ends. */
  add<T>(write: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#members.length === 0) setImmediate(() => this.run());
      this.#members.push({ write, resolve: (result) => resolve(result as T), reject });
    });
  }

  /** Runs what is waiting now. */
  run(): void {
    const members = this.#members;
    this.#members = [];
    if (members.length === 0 || this.#together(members)) return;
    // One of them failed and took the others with it: each for itself.
    for (const { write, resolve, reject } of members) {
      let result: unknown;
      try {
        this.transact(() => {
          result = write();
        });
        resolve(result);
      } catch (error) {
        reject(error);
      }
    }
  }

  #together(members: readonly Member[]): boolean {
    const results: unknown[] = [];
    try {
      this.transact(() => {
        for (const { write } of members) results.push(write());
      });
    } catch {
      return false; // `run` meets the error again, at the member that it belongs to.
    }
    for (const [index, { resolve }] of members.entries()) resolve(results[index]);
    return true;
  }
}

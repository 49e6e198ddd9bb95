import { type FileHandle, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Clock } from '#daemon/clock.js';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { isDiskFull } from '#files/disk-full.js';
import { syncFolder } from '#files/sync-folder.js';
import { isDenied, whyNotOpened } from './cannot-open.js';
import type { Change, Watch } from './change.js';
import { Checkpointer } from './checkpointer.js';
import { damageOf } from './damage.js';
import { storeErrors } from './errors.js';
import { migrate } from './migrate.js';
import { migrations } from './migrations/index.js';
import { WalSync } from './wal-sync.js';
import { WriteGroup } from './write-group.js';

export interface StoreOptions {
  readonly file: string;
  readonly clock: Clock;
  /** Told about trouble that stops nobody, such as a failed checkpoint. */
  readonly onWarning: (reason: string) => void;
  /** Told how many seconds a write took until it was durable. */
  readonly onCommit?: (seconds: number) => void;
  /** Makes the write-ahead log durable; tests inject a slow one. */
  readonly syncFile?: (wal: FileHandle) => Promise<void>;
}

/** Several reads at one state, and what changes it. */
export type Transactions = Pick<Store, 'read' | 'commit' | 'commitGrouped' | 'commitTogether'>;

/**
 * The SQLite store: reads are synchronous and short, writes go through `commit`, which is asynchronous and durable.
 *
 * SQLite runs in WAL mode with synchronous=NORMAL, that is, it does not sync at a commit; `commit` syncs the log itself, once for all
 * commits that wait, in the thread pool (docs/adr/0004).
 */
export class Store {
  readonly #sync: WalSync;
  readonly #group = new WriteGroup((write) => {
    this.#transaction(write);
    this.#tell(this.#changes);
  });
  readonly #statements = new Map<string, Database.Statement>();
  readonly #watches: Watch[] = [];
  /** Of the last transaction. */
  #changes: Change[] = [];
  /** Whether reads share a transaction now. */
  #reading = false;

  private constructor(
    /** For the repositories of this room only. */
    readonly db: Database.Database,
    private readonly wal: FileHandle,
    private readonly checkpointer: Checkpointer,
    sync: (wal: FileHandle) => Promise<void>,
    private readonly onCommit: (seconds: number) => void,
  ) {
    this.#sync = new WalSync(async () => {
      try {
        await sync(wal);
      } catch (error) {
        throw storeErrors.STORE_SYNC_FAILED({ file: db.name, reason: messageOf(error) }, error);
      }
    });
  }

  /** Opens or makes the store and migrates it. Throws STORE_READ_ONLY, STORE_FULL, STORE_DAMAGED or STORE_TOO_NEW. */
  static async open({ file, clock, onWarning, onCommit, syncFile }: StoreOptions): Promise<Store> {
    let db: Database.Database | undefined;
    let wal: FileHandle | undefined;
    let isNew = false;
    try {
      isNew = await createFile(file);
      const damage = isNew ? undefined : damageOf(file);
      if (damage !== undefined) throw storeErrors.STORE_DAMAGED({ file, reason: damage });
      db = new Database(file);
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = NORMAL');
      db.pragma('foreign_keys = ON');
      db.pragma('wal_autocheckpoint = 0');
      migrate(db, migrations);
      wal = await open(`${file}-wal`, 'r+');
      await wal.datasync();
      await syncFolder(dirname(file));
      return new Store(
        db,
        wal,
        new Checkpointer(file, clock, onWarning),
        syncFile ?? ((handle) => handle.datasync()),
        onCommit ?? (() => undefined),
      );
    } catch (thrown) {
      db?.close();
      await wal?.close();
      // Not even an empty one: at the next start it would be a damaged one.
      if (isNew) await rm(file, { force: true });
      if (thrown instanceof FogdError) throw thrown;
      const error = whyNotOpened(thrown, file);
      const code = errnoOf(error) ?? '';
      if (isDiskFull(error) || isStoreFull(error)) throw storeErrors.STORE_FULL({ file }, error);
      const raise = isDenied(code) ? storeErrors.STORE_READ_ONLY : storeErrors.STORE_DAMAGED;
      throw raise({ folder: file, file, reason: code || messageOf(error) }, error);
    }
  }

  /** A prepared statement, compiled once. For the repositories of this room only. */
  prepare(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /**
   * Runs several reads on one state of the store. `look` must be synchronous. What is read in the rest of this turn of the event loop shares
   * the state, until something is written: when many machines ask at once, SQLite locks once for all that they read, and not for each.
   */
  read<Result>(look: () => Result): Result {
    if (!this.db.inTransaction) {
      this.prepare('BEGIN').run();
      this.#reading = true;
      setImmediate(() => this.#endReading());
    }
    return look();
  }

  #endReading(): void {
    if (!this.#reading) return;
    this.#reading = false;
    // SQLite ends a transaction by itself where it cannot read.
    if (this.db.inTransaction) this.prepare('COMMIT').run();
  }

  /**
   * Runs `write` in one transaction and resolves with its result when that is durable: power may fail the moment after. `write` must be
   * synchronous; what it throws rolls everything back and rejects.
   */
  async commit<T>(write: () => T): Promise<T> {
    let changes: readonly Change[] = [];
    const result = await this.#timed(async () => {
      const done = this.#transaction(write);
      changes = this.#changes;
      return done;
    });
    this.#tell(changes);
    return result;
  }

  /** Tells of what is changed from now on, when it holds. `watch` must not throw. */
  watch(watch: Watch): void {
    this.#watches.push(watch);
  }

  /** Notes what the transaction that runs changes. For the repositories of this room only. */
  changed(change: Change): void {
    const isKnown = ({ kind, id, what }: Change) =>
      kind === change.kind && id === change.id && what === change.what;
    if (this.#watches.length > 0 && !this.#changes.some(isKnown)) this.#changes.push(change);
  }

  #tell(changes: readonly Change[]): void {
    if (changes.length > 0) for (const watch of this.#watches) watch(changes);
  }

  /**
   * Runs `write` at the end of this turn of the event loop, in one transaction with all others of the turn, and resolves with its result
   * when kill -9 cannot undo it; a power cut may lose the last moment. For what many machines do at once and nobody is promised: signs of
   * life, offers. Others write before it does, and it may run twice (when another of its group throws), so it looks at the store itself.
   */
  commitGrouped<T>(write: () => T): Promise<T> {
    return this.#group.add(write);
  }

  /** As `commitGrouped`, but resolves only when power may fail as well: for what many machines are promised at once, such as leases. */
  async commitTogether<T>(write: () => T): Promise<T> {
    return this.#timed(() => this.#group.add(write));
  }

  async #timed<T>(write: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await write();
    await this.#sync.wait();
    this.onCommit((performance.now() - begun) / 1000);
    return result;
  }

  #transaction<T>(write: () => T): T {
    this.#changes = [];
    this.#endReading();
    try {
      return this.db.transaction(write).immediate();
    } catch (error) {
      if (isStoreFull(error)) throw storeErrors.STORE_FULL({ file: this.db.name }, error);
      throw error;
    }
  }

  /** Moves the log into the database file now instead of at the next interval. */
  async checkpoint(): Promise<void> {
    await this.checkpointer.run();
  }

  /** Makes everything durable and closes; the store is one file afterwards. Closes also when it rejects with STORE_SYNC_FAILED. */
  async close(): Promise<void> {
    try {
      this.#endReading();
      this.#group.run();
      await this.#sync.wait();
    } finally {
      await this.checkpointer.close();
      this.db.close();
      await this.wal.close();
    }
  }
}

/** SHMSIZE: the index of the log has no room. */
function isStoreFull(error: unknown): boolean {
  return ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'].includes(errnoOf(error) ?? '');
}

/** Before SQLite opens it: SQLite would make it readable for all, and its log takes the same mode. False where it was there. */
async function createFile(file: string): Promise<boolean> {
  try {
    await (await open(file, 'ax', 0o600)).close();
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

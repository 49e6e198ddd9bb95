import type { SnapinTask } from '#domain/snapin-task.js';
import { TaskState } from '#domain/task.js';
import { contains, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

interface TaskRow {
  id: number;
  job_id: number;
  host_id: number;
  snapin_id: number | null;
  snapin: string;
  state: TaskState;
  created_at: number;
  created_by: string;
  attempts: number;
  offered: string;
  checked_in_at: number | null;
  started_at: number | null;
  sent_at: number | null;
  finished_at: number | null;
  exit_code: number | null;
  details: string;
}

/** All that a host is to run, in one go; a host has at most one that is open. */
export interface SnapinJob {
  readonly id: number;
  readonly state: TaskState;
}

export type NewSnapinTask = Pick<SnapinTask, 'id' | 'jobId' | 'snapin' | 'createdAt' | 'createdBy'> & {
  readonly snapinId: number;
};

export type SnapinTaskChange = Partial<
  Pick<
    SnapinTask,
    | 'state'
    | 'attempts'
    | 'offered'
    | 'checkedInAt'
    | 'startedAt'
    | 'sentAt'
    | 'finishedAt'
    | 'exitCode'
    | 'details'
  >
> & {
  /** SHA-256 of what stands in the address of its file. */
  readonly secretHash?: Buffer;
};

const COLUMNS: Readonly<Record<keyof SnapinTaskChange, string>> = {
  state: 'state',
  attempts: 'attempts',
  offered: 'offered',
  secretHash: 'secret_hash',
  checkedInAt: 'checked_in_at',
  startedAt: 'started_at',
  sentAt: 'sent_at',
  finishedAt: 'finished_at',
  exitCode: 'exit_code',
  details: 'details',
};

export const SNAPIN_TASK_SORTS = ['createdAt', 'finishedAt', 'host', 'snapin', 'state'] as const;

export interface SnapinTaskQuery extends PageQuery {
  readonly active?: boolean;
  readonly state?: TaskState;
  /** Names. */
  readonly host?: string;
  readonly snapin?: string;
}

const FROM = 'snapin_tasks t JOIN snapin_jobs j ON j.id = t.job_id';
const SELECT = `SELECT t.*, j.host_id FROM ${FROM}`;

/** What hosts are to run, and what became of it. Methods that write must run inside `store.commit`. */
export class SnapinTaskRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  openJob(hostId: number): SnapinJob | undefined {
    return this.#store
      .prepare('SELECT id, state FROM snapin_jobs WHERE host_id = ? AND state < 4')
      .get(hostId) as SnapinJob | undefined;
  }

  addJob(hostId: number, at: number): SnapinJob {
    const { lastInsertRowid } = this.#store
      .prepare('INSERT INTO snapin_jobs (host_id, state, created_at) VALUES (?, ?, ?)')
      .run(hostId, TaskState.queued, at);
    return { id: Number(lastInsertRowid), state: TaskState.queued };
  }

  moveJob(id: number, state: TaskState): void {
    this.#store.prepare('UPDATE snapin_jobs SET state = ? WHERE id = ?').run(state, id);
  }

  byId(id: number): SnapinTask | undefined {
    return this.#many(`${SELECT} WHERE t.id = ?`, id)[0];
  }

  /** Whether this is the secret that the client was told last with the task. */
  hasSecret(id: number, hash: Buffer): boolean {
    const row = this.#store.prepare('SELECT 1 FROM snapin_tasks WHERE id = ? AND secret_hash = ?');
    return row.get(id, hash) !== undefined;
  }

  /** Those of a job that are not over, in the order in which they run. */
  open(jobId: number): SnapinTask[] {
    return this.#many(`${SELECT} WHERE t.job_id = ? AND t.state < 4 ORDER BY t.place`, jobId);
  }

  openOfSnapin(snapinId: number): SnapinTask[] {
    return this.#many(`${SELECT} WHERE t.snapin_id = ? AND t.state < 4`, snapinId);
  }

  /** Newest first unless sorted otherwise. `q`: part of the name of a host or a snapin, or of the details. */
  page(query: SnapinTaskQuery): Page<SnapinTask> {
    const { items, total } = readPage<TaskRow>(
      this.#store,
      {
        columns: 't.*, j.host_id',
        from: `${FROM} JOIN hosts h ON h.id = j.host_id`,
        where: [
          ...(query.active === undefined
            ? []
            : [{ sql: query.active ? 't.state < 4' : 't.state >= 4', values: [] }]),
          ...when(query.state, 't.state = ?'),
          ...when(query.host, 'j.host_id = (SELECT id FROM hosts WHERE name = ?)'),
          ...when(query.snapin, 't.snapin = ? COLLATE NOCASE'),
          ...contains(query.q, like('h.name'), like('t.snapin'), like('t.details')),
        ],
        sorts: {
          createdAt: 't.created_at',
          finishedAt: 't.finished_at',
          host: 'h.name',
          snapin: 't.snapin',
          state: 't.state',
        },
        sort: '-createdAt',
        // Numbers of tasks are random.
        key: '(t.job_id << 20) + t.place',
      },
      query,
    );
    return { items: items.map(task), total };
  }

  /** The last one of its job. */
  add({ id, jobId, snapinId, snapin, createdAt, createdBy }: NewSnapinTask): void {
    this.#store
      .prepare(
        `INSERT INTO snapin_tasks (id, job_id, snapin_id, snapin, state, created_at, created_by, place)
         VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(place), 0) + 1 FROM snapin_tasks WHERE job_id = ?))`,
      )
      .run(id, jobId, snapinId, snapin, TaskState.queued, createdAt, createdBy, jobId);
  }

  /** Sets what is named. */
  change(id: number, changes: SnapinTaskChange): void {
    for (const [field, value] of Object.entries(changes))
      this.#store
        .prepare(`UPDATE snapin_tasks SET ${COLUMNS[field as keyof SnapinTaskChange]} = ? WHERE id = ?`)
        .run(value, id);
  }

  #many(sql: string, ...values: number[]): SnapinTask[] {
    return (this.#store.prepare(sql).all(...values) as TaskRow[]).map(task);
  }
}

function task(row: TaskRow): SnapinTask {
  return {
    id: row.id,
    jobId: row.job_id,
    hostId: row.host_id,
    snapinId: row.snapin_id,
    snapin: row.snapin,
    state: row.state,
    createdAt: row.created_at,
    createdBy: row.created_by,
    attempts: row.attempts,
    offered: row.offered,
    checkedInAt: row.checked_in_at,
    startedAt: row.started_at,
    sentAt: row.sent_at,
    finishedAt: row.finished_at,
    exitCode: row.exit_code,
    details: row.details,
  };
}

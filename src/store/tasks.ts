import type { Progress } from '#domain/progress.js';
import { ACTIVE_STATES, type Task, TaskState } from '#domain/task.js';
import { SLOT_TYPES } from '#domain/task-type.js';
import { contains, grouped, like, type Page, type PageQuery, readPage, when } from './page.js';
import type { Store } from './store.js';

interface TaskRow {
  id: number;
  type_id: number;
  host_id: number;
  state: TaskState;
  created_at: number;
  created_by: string;
  finished_at: number | null;
  image_id: number | null;
  node_id: number | null;
  shutdown: number;
  forced: number;
  account: string;
  attempts: number;
  checked_in_at: number | null;
  seen_at: number | null;
  started_at: number | null;
  progress: string | null;
  reason: string;
}

export interface Transition {
  readonly state: TaskState;
  readonly at: number;
  /** Who caused it: `fos`, `cli` … */
  readonly actor: string;
  readonly reason: string;
}

export interface NewTask {
  readonly typeId: number;
  readonly hostId: number;
  readonly imageId?: number;
  readonly nodeId?: number;
  readonly shutdown?: boolean;
  readonly forced?: boolean;
  readonly account?: string;
}

/** Where a task stands among those that wait for a slot of a node. */
export interface Place {
  readonly taskId: number;
  readonly nodeId: number;
  /** Its first check-in. */
  readonly checkedInAt: number;
  /** A machine that has not polled since has left the queue. */
  readonly seenSince: number;
}

export const TASK_SORTS = ['id', 'createdAt', 'finishedAt', 'host', 'state'] as const;

export interface TaskQuery extends PageQuery {
  readonly active?: boolean;
  readonly state?: TaskState;
  readonly typeId?: number;
  /** Names. */
  readonly host?: string;
  readonly image?: string;
}

const SLOTS = SLOT_TYPES.join(', ');

/** Tasks and every change of their state. Methods that write must run inside `store.commit`. */
export class TaskRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  byId(id: number): Task | undefined {
    const row = this.#store.prepare('SELECT * FROM tasks WHERE id = ?').get(id) as TaskRow | undefined;
    return row && task(row);
  }

  /** The host's active task; there is at most one. */
  active(hostId: number): Task | undefined {
    return this.#many('SELECT * FROM tasks WHERE host_id = ? AND state < 4 ORDER BY id DESC', hostId)[0];
  }

  /** The host's newest task, whatever became of it. */
  latest(hostId: number): Task | undefined {
    return this.#many('SELECT * FROM tasks WHERE host_id = ? ORDER BY id DESC LIMIT 1', hostId)[0];
  }

  /** The host's tasks, newest first. */
  list(hostId: number): Task[] {
    return this.#many('SELECT * FROM tasks WHERE host_id = ? ORDER BY id DESC', hostId);
  }

  /** Newest first unless sorted otherwise. `q`: part of the name of a host or an image. */
  page(query: TaskQuery): Page<Task> {
    const { items, total } = readPage<TaskRow>(
      this.#store,
      {
        columns: 't.*',
        from: 'tasks t JOIN hosts h ON h.id = t.host_id',
        where: [
          ...(query.active === undefined
            ? []
            : [{ sql: query.active ? 't.state < 4' : 't.state >= 4', values: [] }]),
          ...when(query.state, 't.state = ?'),
          ...when(query.typeId, 't.type_id = ?'),
          ...when(query.host, 't.host_id = (SELECT id FROM hosts WHERE name = ?)'),
          ...when(query.image, 't.image_id = (SELECT id FROM images WHERE name = ?)'),
          ...contains(query.q, like('h.name'), `t.image_id IN (SELECT id FROM images WHERE ${like('name')})`),
        ],
        sorts: {
          id: 't.id',
          createdAt: 't.created_at',
          finishedAt: 't.finished_at',
          host: 'h.name',
          state: 't.state',
        },
        sort: '-id',
        key: 't.id',
      },
      query,
    );
    return { items: items.map(task), total };
  }

  /** Those that wait for a slot of a node and still ask, first come first, by the number of the node (see `placesBefore`). */
  queues(seenSince: number): ReadonlyMap<number, readonly Pick<Place, 'taskId' | 'checkedInAt'>[]> {
    const rows = this.#store
      .prepare(
        `SELECT id AS taskId, node_id AS nodeId, checked_in_at AS checkedInAt FROM tasks INDEXED BY tasks_state
         WHERE state < 4 AND state = ? AND type_id IN (${SLOTS}) AND seen_at >= ? ORDER BY checked_in_at, id`,
      )
      .all(TaskState.checkedIn, seenSince) as Place[];
    return grouped(
      rows,
      ({ nodeId }) => nodeId,
      (place) => place,
    );
  }

  allActive(): Task[] {
    return this.#many('SELECT * FROM tasks INDEXED BY tasks_state WHERE state < 4 ORDER BY id');
  }

  /** Tasks at work that occupy a slot of a node (spec 4.3). */
  slotsUsed(nodeId: number, exceptTask: number): number {
    return this.#count(
      `state = ? AND type_id IN (${SLOTS}) AND node_id = ? AND id <> ?`,
      TaskState.inProgress,
      nodeId,
      exceptTask,
    );
  }

  /** Tasks that checked in and wait for a slot of a node. */
  waiting(nodeId: number): number {
    return this.#count(`state = ? AND type_id IN (${SLOTS}) AND node_id = ?`, TaskState.checkedIn, nodeId);
  }

  /**
   * Those of them in front of a task: they came earlier, or in the same millisecond with a lower number, and still ask. The place counts
   * from the first check-in; FOG takes the last, so that poll jitter decides there.
   */
  placesBefore({ taskId, nodeId, checkedInAt, seenSince }: Place): number {
    return this.#count(
      `state = ? AND type_id IN (${SLOTS}) AND node_id = ? AND id <> ? AND seen_at >= ? AND (checked_in_at, id) < (?, ?)`,
      TaskState.checkedIn,
      nodeId,
      taskId,
      seenSince,
      checkedInAt,
      taskId,
    );
  }

  add(entry: NewTask, { state, at, actor, reason }: Transition): number {
    const id = Number(
      this.#store
        .prepare(
          'INSERT INTO tasks (type_id, host_id, image_id, node_id, shutdown, forced, account, state, created_at, created_by, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          entry.typeId,
          entry.hostId,
          entry.imageId ?? null,
          entry.nodeId ?? null,
          entry.shutdown ? 1 : 0,
          entry.forced ? 1 : 0,
          entry.account ?? '',
          state,
          at,
          actor,
          reason,
        ).lastInsertRowid,
    );
    this.#log(id, { state, at, actor, reason });
    this.#store.changed({ kind: 'task', id, what: 'created' });
    return id;
  }

  move(id: number, transition: Transition): void {
    const finished = ACTIVE_STATES.includes(transition.state) ? null : transition.at;
    this.#store
      .prepare('UPDATE tasks SET state = ?, finished_at = ?, reason = ? WHERE id = ?')
      .run(transition.state, finished, transition.reason, id);
    this.#log(id, transition);
    this.#store.changed({ kind: 'task', id, what: finished === null ? 'changed' : 'finished' });
  }

  changeType(id: number, typeId: number): void {
    this.#store.prepare('UPDATE tasks SET type_id = ? WHERE id = ?').run(typeId, id);
    this.#store.changed({ kind: 'task', id, what: 'changed' });
  }

  /** The machine asked to start: keeps its place in the queue, or takes the last one. */
  checkIn(id: number, checkedInAt: number, seenAt: number): void {
    this.#store
      .prepare('UPDATE tasks SET checked_in_at = ?, seen_at = ? WHERE id = ?')
      .run(checkedInAt, seenAt, id);
  }

  /** Back to before its check-in. */
  leaveQueue(id: number): void {
    this.#store
      .prepare('UPDATE tasks SET checked_in_at = NULL, started_at = NULL, progress = NULL WHERE id = ?')
      .run(id);
  }

  started(id: number, at: number): void {
    this.#store.prepare('UPDATE tasks SET started_at = ?, progress = NULL WHERE id = ?').run(at, id);
    this.#store.changed({ kind: 'task', id, what: 'changed' });
  }

  /** Served by another node from now on. */
  useNode(id: number, nodeId: number): void {
    this.#store.prepare('UPDATE tasks SET node_id = ? WHERE id = ?').run(nodeId, id);
  }

  /** FOS was seen for it once more. */
  attempted(id: number): void {
    this.#store.prepare('UPDATE tasks SET attempts = attempts + 1 WHERE id = ?').run(id);
  }

  /** A sign of life, with or without a status line. */
  seen(id: number, at: number, progress?: Progress): void {
    if (progress === undefined) {
      this.#store.prepare('UPDATE tasks SET seen_at = ? WHERE id = ?').run(at, id);
      return;
    }
    this.#store
      .prepare('UPDATE tasks SET seen_at = ?, progress = ? WHERE id = ?')
      .run(at, JSON.stringify(progress), id);
    this.#store.changed({ kind: 'task', id, what: 'progress' });
  }

  #count(where: string, ...values: number[]): number {
    return this.#store.prepare(`SELECT count(*) FROM tasks WHERE ${where}`).pluck().get(values) as number;
  }

  #many(sql: string, ...values: number[]): Task[] {
    return (this.#store.prepare(sql).all(...values) as TaskRow[]).map(task);
  }

  #log(id: number, { state, at, actor, reason }: Transition): void {
    this.#store
      .prepare('INSERT INTO task_transitions (task_id, at, state, actor, reason) VALUES (?, ?, ?, ?, ?)')
      .run(id, at, state, actor, reason);
  }
}

function task(row: TaskRow): Task {
  return {
    id: row.id,
    typeId: row.type_id,
    hostId: row.host_id,
    state: row.state,
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    imageId: row.image_id,
    nodeId: row.node_id,
    shutdown: row.shutdown === 1,
    forced: row.forced === 1,
    account: row.account,
    attempts: row.attempts,
    checkedInAt: row.checked_in_at,
    seenAt: row.seen_at,
    startedAt: row.started_at,
    progress: row.progress === null ? null : (JSON.parse(row.progress) as Progress),
    reason: row.reason,
  };
}

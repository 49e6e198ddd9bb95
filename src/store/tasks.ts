import { ACTIVE_STATES, type Task, type TaskState } from '#domain/task.js';
import type { Store } from './store.js';

interface TaskRow {
  id: number;
  type_id: number;
  host_id: number;
  state: TaskState;
  created_at: number;
  created_by: string;
  finished_at: number | null;
}

export interface Transition {
  readonly state: TaskState;
  readonly at: number;
  /** Who caused it: `fos`, `cli` … */
  readonly actor: string;
  readonly reason: string;
}

/** Tasks and every change of their state. Methods that write must run inside `store.commit`. */
export class TaskRepository {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The host's active task; there is at most one. */
  active(hostId: number): Task | undefined {
    return this.list(hostId).find((task) => ACTIVE_STATES.includes(task.state));
  }

  /** The host's tasks, newest first. */
  list(hostId: number): Task[] {
    const rows = this.#store
      .prepare('SELECT * FROM tasks WHERE host_id = ? ORDER BY id DESC')
      .all(hostId) as TaskRow[];
    return rows.map((row) => ({
      id: row.id,
      typeId: row.type_id,
      hostId: row.host_id,
      state: row.state,
      createdAt: row.created_at,
      createdBy: row.created_by,
      ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    }));
  }

  add(typeId: number, hostId: number, { state, at, actor, reason }: Transition): number {
    const id = Number(
      this.#store
        .prepare('INSERT INTO tasks (type_id, host_id, state, created_at, created_by) VALUES (?, ?, ?, ?, ?)')
        .run(typeId, hostId, state, at, actor).lastInsertRowid,
    );
    this.#log(id, { state, at, actor, reason });
    return id;
  }

  move(id: number, transition: Transition): void {
    const finished = ACTIVE_STATES.includes(transition.state) ? null : transition.at;
    this.#store
      .prepare('UPDATE tasks SET state = ?, finished_at = ? WHERE id = ?')
      .run(transition.state, finished, id);
    this.#log(id, transition);
  }

  #log(id: number, { state, at, actor, reason }: Transition): void {
    this.#store
      .prepare('INSERT INTO task_transitions (task_id, at, state, actor, reason) VALUES (?, ?, ?, ?, ?)')
      .run(id, at, state, actor, reason);
  }
}

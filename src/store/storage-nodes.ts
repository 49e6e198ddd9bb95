import type { StorageNode } from '#domain/storage-node.js';
import type { Store } from './store.js';

interface NodeRow {
  id: number;
  name: string;
  group_name: string;
  is_master: number;
  enabled: number;
  max_clients: number | null;
}

const SELECT =
  'SELECT n.*, g.name AS group_name FROM storage_nodes n JOIN storage_groups g ON g.id = n.group_id';

/** Storage nodes and their failures. Methods that write must run inside `store.commit`. */
export class StorageNodeRepository {
  readonly #store: Store;
  readonly #ownMaxClients: number;

  /** `ownMaxClients`: slots of the node that is fogd itself, whose row has none. */
  constructor(store: Store, ownMaxClients: number) {
    this.#store = store;
    this.#ownMaxClients = ownMaxClients;
  }

  list(): StorageNode[] {
    const rows = this.#store.prepare(`${SELECT} ORDER BY n.id`).all() as NodeRow[];
    return rows.map((row) => this.#node(row));
  }

  byId(id: number): StorageNode | undefined {
    return this.#one(`${SELECT} WHERE n.id = ?`, id);
  }

  byName(name: string): StorageNode | undefined {
    return this.#one(`${SELECT} WHERE n.name = ?`, name);
  }

  enable(id: number, enabled: boolean): void {
    this.#store.prepare('UPDATE storage_nodes SET enabled = ? WHERE id = ?').run(enabled ? 1 : 0, id);
  }

  /** The host could not use the node. */
  failed(failure: { nodeId: number; hostId: number; taskId: number; until: number }): void {
    this.#store
      .prepare('INSERT OR REPLACE INTO node_failures (node_id, host_id, task_id, until) VALUES (?, ?, ?, ?)')
      .run(failure.nodeId, failure.hostId, failure.taskId, failure.until);
  }

  /** Nodes that are not to be used for a host now. */
  failedFor(hostId: number, now: number): ReadonlySet<number> {
    const rows = this.#store.prepare('SELECT node_id FROM node_failures WHERE host_id = ? AND until > ?');
    return new Set(rows.pluck().all(hostId, now) as number[]);
  }

  #one(sql: string, value: string | number): StorageNode | undefined {
    const row = this.#store.prepare(sql).get(value) as NodeRow | undefined;
    return row && this.#node(row);
  }

  #node({
    id,
    name,
    group_name: group,
    is_master: master,
    enabled,
    max_clients: slots,
  }: NodeRow): StorageNode {
    const maxClients = slots ?? this.#ownMaxClients;
    return { id, name, group, isMaster: master === 1, enabled: enabled === 1, maxClients };
  }
}

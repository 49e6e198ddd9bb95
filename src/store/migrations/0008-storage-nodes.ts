/** Storage groups and nodes, the node of a task, and which node failed for which host. The first node is fogd itself; its slots are a setting. */
export const sql = `
CREATE TABLE storage_groups (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL COLLATE NOCASE UNIQUE
) STRICT;

CREATE TABLE storage_nodes (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL COLLATE NOCASE UNIQUE,
  group_id    INTEGER NOT NULL REFERENCES storage_groups (id),
  is_master   INTEGER NOT NULL CHECK (is_master IN (0, 1)),
  enabled     INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  max_clients INTEGER
) STRICT;

INSERT INTO storage_groups (id, name) VALUES (1, 'default');
INSERT INTO storage_nodes (id, name, group_id, is_master) VALUES (1, 'DefaultMember', 1, 1);

CREATE TABLE node_failures (
  node_id INTEGER NOT NULL REFERENCES storage_nodes (id) ON DELETE CASCADE,
  host_id INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  until   INTEGER NOT NULL,
  PRIMARY KEY (node_id, host_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE tasks ADD COLUMN node_id INTEGER REFERENCES storage_nodes (id);
UPDATE tasks SET node_id = 1 WHERE image_id IS NOT NULL AND state < 4;
`;

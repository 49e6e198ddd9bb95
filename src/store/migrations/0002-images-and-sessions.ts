/** Images, the image of a host and of a task, what a task reports, boot sessions, and the journal of a publish under way. */
export const sql = `
CREATE TABLE images (
  id             INTEGER PRIMARY KEY,
  name           TEXT NOT NULL COLLATE NOCASE UNIQUE,
  path           TEXT NOT NULL COLLATE NOCASE UNIQUE,
  type           TEXT NOT NULL,
  os_id          INTEGER NOT NULL,
  format         INTEGER NOT NULL,
  compress       INTEGER,
  partition_type TEXT NOT NULL DEFAULT 'all',
  enabled        INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
  protected      INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)),
  generation     INTEGER NOT NULL DEFAULT 0,
  captured_at    INTEGER,
  client_bytes   INTEGER NOT NULL DEFAULT 0,
  server_bytes   INTEGER NOT NULL DEFAULT 0,
  created_at     INTEGER NOT NULL,
  created_by     TEXT NOT NULL
) STRICT;

ALTER TABLE hosts ADD COLUMN image_id INTEGER REFERENCES images (id) ON DELETE SET NULL;
ALTER TABLE hosts ADD COLUMN deployed_at INTEGER;

ALTER TABLE tasks ADD COLUMN image_id INTEGER REFERENCES images (id) ON DELETE SET NULL;
ALTER TABLE tasks ADD COLUMN shutdown INTEGER NOT NULL DEFAULT 0 CHECK (shutdown IN (0, 1));
ALTER TABLE tasks ADD COLUMN checked_in_at INTEGER;
ALTER TABLE tasks ADD COLUMN seen_at INTEGER;
ALTER TABLE tasks ADD COLUMN started_at INTEGER;
ALTER TABLE tasks ADD COLUMN progress TEXT CHECK (progress IS NULL OR json_valid(progress));
ALTER TABLE tasks ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE INDEX tasks_state ON tasks (state) WHERE state < 4;

CREATE TABLE boot_sessions (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  token_hash  BLOB NOT NULL UNIQUE,
  kind        TEXT NOT NULL,
  state       TEXT NOT NULL,
  mac         TEXT NOT NULL,
  host_id     INTEGER REFERENCES hosts (id) ON DELETE CASCADE,
  task_id     INTEGER REFERENCES tasks (id) ON DELETE CASCADE,
  server_ip   TEXT NOT NULL,
  address     TEXT,
  created_at  INTEGER NOT NULL,
  opened_at   INTEGER,
  seen_at     INTEGER,
  ended_at    INTEGER,
  end_reason  TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX boot_sessions_mac ON boot_sessions (mac, state);
CREATE INDEX boot_sessions_state ON boot_sessions (state);
CREATE INDEX boot_sessions_task ON boot_sessions (task_id);

CREATE TABLE publish_journal (
  session_id INTEGER PRIMARY KEY,
  image_path TEXT NOT NULL,
  inode      TEXT NOT NULL,
  client_bytes INTEGER NOT NULL,
  server_bytes INTEGER NOT NULL,
  at         INTEGER NOT NULL
) STRICT;
`;

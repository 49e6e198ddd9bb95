/**
 * Hosts with their MAC addresses, inventory, tasks, DHCP leases and the trace.
 * Times are integers in milliseconds since the epoch, booleans 0/1, MACs lower case with colons (data-model sections 2 and 11).
 */
export const sql = `
CREATE TABLE hosts (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL COLLATE NOCASE UNIQUE,
  description TEXT NOT NULL DEFAULT '',
  pending     INTEGER NOT NULL DEFAULT 0 CHECK (pending IN (0, 1)),
  created_at  INTEGER NOT NULL,
  created_by  TEXT NOT NULL,
  kernel      TEXT NOT NULL DEFAULT '',
  init        TEXT NOT NULL DEFAULT '',
  kernel_args TEXT NOT NULL DEFAULT '',
  bios_exit   TEXT NOT NULL DEFAULT '',
  efi_exit    TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE host_macs (
  mac           TEXT PRIMARY KEY,
  host_id       INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  is_primary    INTEGER NOT NULL DEFAULT 0 CHECK (is_primary IN (0, 1)),
  pending       INTEGER NOT NULL DEFAULT 0 CHECK (pending IN (0, 1)),
  image_ignore  INTEGER NOT NULL DEFAULT 0 CHECK (image_ignore IN (0, 1)),
  client_ignore INTEGER NOT NULL DEFAULT 0 CHECK (client_ignore IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX host_macs_host ON host_macs (host_id);
CREATE UNIQUE INDEX host_macs_primary ON host_macs (host_id) WHERE is_primary = 1;

CREATE TABLE inventory (
  host_id      INTEGER PRIMARY KEY REFERENCES hosts (id) ON DELETE CASCADE,
  updated_at   INTEGER NOT NULL,
  primary_user TEXT NOT NULL DEFAULT '',
  other1       TEXT NOT NULL DEFAULT '',
  other2       TEXT NOT NULL DEFAULT '',
  reported     TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(reported))
) STRICT;

CREATE TABLE tasks (
  id           INTEGER PRIMARY KEY,
  type_id      INTEGER NOT NULL,
  host_id      INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  state        INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  created_by   TEXT NOT NULL,
  finished_at  INTEGER
) STRICT;
CREATE INDEX tasks_host ON tasks (host_id, state);

CREATE TABLE task_transitions (
  id      INTEGER PRIMARY KEY,
  task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
  at      INTEGER NOT NULL,
  state   INTEGER NOT NULL,
  actor   TEXT NOT NULL,
  reason  TEXT NOT NULL
) STRICT;
CREATE INDEX task_transitions_task ON task_transitions (task_id);

CREATE TABLE dhcp_leases (
  address    TEXT PRIMARY KEY,
  mac        TEXT NOT NULL,
  client_id  TEXT,
  hostname   TEXT,
  state      TEXT NOT NULL,
  granted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE trace (
  id      INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  count   INTEGER NOT NULL,
  service TEXT NOT NULL,
  event   TEXT NOT NULL,
  outcome TEXT NOT NULL,
  mac     TEXT,
  ip      TEXT,
  uuid    TEXT,
  arch    TEXT,
  reasons TEXT NOT NULL,
  facts   TEXT NOT NULL
) STRICT;
CREATE INDEX trace_mac ON trace (mac, at);
CREATE INDEX trace_at ON trace (at);

CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

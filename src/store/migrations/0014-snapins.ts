/** Snapins, which hosts have them in which order, and what became of each that a host was to run. */
export const sql = `
CREATE TABLE snapins (
  id            INTEGER PRIMARY KEY,
  name          TEXT NOT NULL COLLATE NOCASE UNIQUE,
  description   TEXT NOT NULL,
  file          TEXT NOT NULL,
  args          TEXT NOT NULL,
  run_with      TEXT NOT NULL,
  run_with_args TEXT NOT NULL,
  action        TEXT NOT NULL CHECK (action IN ('', 'reboot', 'shutdown')),
  hide          INTEGER NOT NULL CHECK (hide IN (0, 1)),
  timeout       INTEGER NOT NULL CHECK (timeout >= 0),
  pack          INTEGER NOT NULL CHECK (pack IN (0, 1)),
  protected     INTEGER NOT NULL CHECK (protected IN (0, 1)),
  enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  sha512        TEXT NOT NULL CHECK (length(sha512) = 128),
  size          INTEGER NOT NULL,
  stored        TEXT NOT NULL UNIQUE,
  identity      TEXT NOT NULL,
  damage        TEXT NOT NULL DEFAULT '',
  created_at    INTEGER NOT NULL,
  created_by    TEXT NOT NULL
) STRICT;

CREATE TABLE host_snapins (
  host_id   INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  snapin_id INTEGER NOT NULL REFERENCES snapins (id) ON DELETE CASCADE,
  place     INTEGER NOT NULL,
  PRIMARY KEY (host_id, snapin_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX host_snapins_snapin ON host_snapins (snapin_id);

CREATE TABLE snapin_jobs (
  id         INTEGER PRIMARY KEY,
  host_id    INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  state      INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX snapin_jobs_open ON snapin_jobs (host_id) WHERE state < 4;
CREATE INDEX snapin_jobs_host ON snapin_jobs (host_id);

CREATE TABLE snapin_tasks (
  id            INTEGER PRIMARY KEY,
  job_id        INTEGER NOT NULL REFERENCES snapin_jobs (id) ON DELETE CASCADE,
  snapin_id     INTEGER REFERENCES snapins (id) ON DELETE SET NULL,
  snapin        TEXT NOT NULL,
  place         INTEGER NOT NULL,
  state         INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  created_by    TEXT NOT NULL,
  attempts      INTEGER NOT NULL DEFAULT 0,
  offered       TEXT NOT NULL DEFAULT '',
  secret_hash   BLOB,
  checked_in_at INTEGER,
  started_at    INTEGER,
  sent_at       INTEGER,
  finished_at   INTEGER,
  exit_code     INTEGER,
  details       TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX snapin_tasks_job ON snapin_tasks (job_id);
CREATE INDEX snapin_tasks_open ON snapin_tasks (snapin_id) WHERE state < 4;
CREATE INDEX snapin_tasks_created ON snapin_tasks (created_at);
`;

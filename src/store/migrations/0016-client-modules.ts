/** What the modules of FOG Client are to do. `domain_password`: sealed with a key that is not in the store. */
export const sql = `
CREATE TABLE client_settings (
  host_id         INTEGER PRIMARY KEY REFERENCES hosts (id) ON DELETE CASCADE,
  enforce         INTEGER,
  join_domain     INTEGER NOT NULL DEFAULT 0,
  domain          TEXT NOT NULL DEFAULT '',
  ou              TEXT NOT NULL DEFAULT '',
  domain_user     TEXT NOT NULL DEFAULT '',
  domain_password BLOB,
  secrets_until   INTEGER
) STRICT;

CREATE TABLE power_plans (
  id      INTEGER PRIMARY KEY,
  host_id INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  action  TEXT NOT NULL CHECK (action IN ('shutdown', 'reboot')),
  cron    TEXT NOT NULL,
  UNIQUE (host_id, action, cron)
) STRICT;

CREATE TABLE power_orders (
  host_id INTEGER PRIMARY KEY REFERENCES hosts (id) ON DELETE CASCADE,
  action  TEXT NOT NULL CHECK (action IN ('shutdown', 'reboot')),
  until   INTEGER NOT NULL
) STRICT;
`;

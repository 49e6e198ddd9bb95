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
  secrets_until   INTEGER,
  autologout_minutes INTEGER,
  display_width   INTEGER,
  display_height  INTEGER,
  display_refresh INTEGER,
  printer_mode    TEXT NOT NULL DEFAULT 'off' CHECK (printer_mode IN ('off', 'managed', 'exclusive'))
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

CREATE TABLE logins (
  id      INTEGER PRIMARY KEY,
  host_id INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  user    TEXT NOT NULL,
  action  TEXT NOT NULL CHECK (action IN ('login', 'logout')),
  at      INTEGER NOT NULL
) STRICT;
CREATE INDEX logins_host ON logins (host_id, id);
CREATE INDEX logins_at ON logins (at);
CREATE INDEX logins_user ON logins (user, at);

CREATE TABLE printers (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL COLLATE NOCASE UNIQUE,
  description TEXT NOT NULL,
  type        TEXT NOT NULL CHECK (type IN ('network', 'local', 'iprint', 'cups')),
  port        TEXT NOT NULL,
  file        TEXT NOT NULL,
  model       TEXT NOT NULL,
  ip          TEXT NOT NULL,
  config_file TEXT NOT NULL
) STRICT;

CREATE TABLE host_printers (
  host_id    INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  printer_id INTEGER NOT NULL REFERENCES printers (id) ON DELETE CASCADE,
  is_default INTEGER NOT NULL,
  PRIMARY KEY (host_id, printer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX host_printers_printer ON host_printers (printer_id);
`;

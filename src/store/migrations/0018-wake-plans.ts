/** Power plans that wake a machine: these fogd carries out itself. SQLite changes no CHECK in place. */
export const sql = `
CREATE TABLE new_power_plans (
  id      INTEGER PRIMARY KEY,
  host_id INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  action  TEXT NOT NULL CHECK (action IN ('shutdown', 'reboot', 'wol')),
  cron    TEXT NOT NULL,
  UNIQUE (host_id, action, cron)
) STRICT;
INSERT INTO new_power_plans SELECT id, host_id, action, cron FROM power_plans;
DROP TABLE power_plans;
ALTER TABLE new_power_plans RENAME TO power_plans;
CREATE INDEX power_plans_action ON power_plans (action, cron);
`;

/** People who may log in; passwords are hashed (src/login/password.ts). */
export const sql = `
CREATE TABLE users (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL COLLATE NOCASE UNIQUE,
  password   TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
`;

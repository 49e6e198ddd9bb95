/** What a machine was made of before: a row whenever its report changed. */
export const sql = `
CREATE TABLE inventory_history (
  id       INTEGER PRIMARY KEY,
  host_id  INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  until    INTEGER NOT NULL,
  reported TEXT NOT NULL CHECK (json_valid(reported))
) STRICT;
CREATE INDEX inventory_history_host ON inventory_history (host_id, id);
`;

/** What hosts are given that are to join a domain; one row. `domain_password`: sealed with a key that is not in the store. */
export const sql = `
CREATE TABLE domain_defaults (
  id              INTEGER PRIMARY KEY CHECK (id = 1),
  domain          TEXT NOT NULL DEFAULT '',
  ou              TEXT NOT NULL DEFAULT '',
  domain_user     TEXT NOT NULL DEFAULT '',
  domain_password BLOB
) STRICT;
INSERT INTO domain_defaults (id) VALUES (1);
`;

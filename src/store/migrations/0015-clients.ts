/**
 * What is known of FOG Clients. Tokens are kept as their SHA-256 only; `salt` with the token that was presented makes the one that was
 * given for it, so that a client whose answer was lost is given the same again. `proofs`: SHA-256 of each encrypted token that was taken.
 */
export const sql = `
CREATE TABLE client_trust (
  host_id    INTEGER PRIMARY KEY REFERENCES hosts (id) ON DELETE CASCADE,
  presented  BLOB,
  given      BLOB NOT NULL,
  salt       BLOB NOT NULL,
  proofs     BLOB NOT NULL,
  since      INTEGER NOT NULL,
  renewed_at INTEGER NOT NULL,
  address    TEXT NOT NULL
) STRICT;

CREATE TABLE client_contacts (
  host_id INTEGER PRIMARY KEY REFERENCES hosts (id) ON DELETE CASCADE,
  at      INTEGER NOT NULL,
  address TEXT NOT NULL,
  line    TEXT NOT NULL
) STRICT;

CREATE TABLE client_modules_off (
  host_id INTEGER NOT NULL REFERENCES hosts (id) ON DELETE CASCADE,
  module  TEXT NOT NULL,
  PRIMARY KEY (host_id, module)
) STRICT, WITHOUT ROWID;
`;

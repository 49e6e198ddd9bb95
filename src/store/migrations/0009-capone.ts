/** Images that a machine gets by a DMI value of its own, without being a host (FOG's capone). */
export const sql = `
CREATE TABLE capone_keys (
  key      TEXT PRIMARY KEY COLLATE NOCASE,
  image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`;

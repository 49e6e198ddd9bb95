/** What is known of each generation of an image, and which of them a deploy wrote. */
export const sql = `
CREATE TABLE image_generations (
  id           INTEGER PRIMARY KEY,
  image_id     INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
  number       INTEGER NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('received', 'published', 'verified', 'damaged')),
  place        TEXT NOT NULL CHECK (place IN ('received', 'current', 'previous', 'gone')),
  inode        TEXT NOT NULL,
  type         TEXT NOT NULL,
  os_id        INTEGER NOT NULL,
  format       INTEGER NOT NULL,
  source       TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  checked_at   INTEGER,
  client_bytes INTEGER NOT NULL,
  server_bytes INTEGER NOT NULL,
  reason       TEXT NOT NULL DEFAULT '',
  UNIQUE (image_id, number)
) STRICT;
CREATE INDEX image_generations_unverified ON image_generations (id) WHERE state IN ('received', 'published') AND place <> 'gone';

CREATE TABLE image_files (
  generation_id INTEGER NOT NULL REFERENCES image_generations (id) ON DELETE CASCADE,
  name          TEXT NOT NULL,
  bytes         INTEGER NOT NULL,
  sha256        TEXT NOT NULL,
  PRIMARY KEY (generation_id, name)
) STRICT, WITHOUT ROWID;

ALTER TABLE tasks ADD COLUMN generation_id INTEGER REFERENCES image_generations (id) ON DELETE SET NULL;
CREATE INDEX tasks_generation ON tasks (generation_id) WHERE generation_id IS NOT NULL;

ALTER TABLE publish_journal ADD COLUMN keeps_previous INTEGER NOT NULL DEFAULT 0 CHECK (keeps_previous IN (0, 1));
ALTER TABLE publish_journal ADD COLUMN waits INTEGER NOT NULL DEFAULT 0 CHECK (waits IN (0, 1));
`;

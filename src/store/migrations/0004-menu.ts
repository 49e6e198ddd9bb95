/** The boot menu's own and changed entries, and the image of a session that deploys without a task. */
export const sql = `
CREATE TABLE menu_entries (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL COLLATE NOCASE UNIQUE,
  description TEXT NOT NULL,
  shown_to    TEXT NOT NULL,
  action      TEXT NOT NULL,
  argument    TEXT NOT NULL DEFAULT '',
  hot_key     TEXT NOT NULL DEFAULT '',
  is_default  INTEGER NOT NULL DEFAULT 0 CHECK (is_default IN (0, 1)),
  enabled     INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1))
) STRICT;

ALTER TABLE hosts ADD COLUMN product_key TEXT NOT NULL DEFAULT '';
ALTER TABLE boot_sessions ADD COLUMN image_id INTEGER REFERENCES images (id) ON DELETE CASCADE;
`;

/** FOG's sReplicate, as it is there by default. */
export const sql = `
ALTER TABLE snapins ADD COLUMN to_replicate INTEGER NOT NULL DEFAULT 1 CHECK (to_replicate IN (0, 1));
`;

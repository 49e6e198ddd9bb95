/** A change that is not in the store alone is written down before it is begun. */
export const sql = `
ALTER TABLE audit ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done' CHECK (outcome IN ('begun', 'done', 'failed'));
`;

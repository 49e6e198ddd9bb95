/** All task types: forced tasks, the account of a password reset, how often a task was begun; the disk that a host's tasks use. */
export const sql = `
ALTER TABLE tasks ADD COLUMN forced INTEGER NOT NULL DEFAULT 0 CHECK (forced IN (0, 1));
ALTER TABLE tasks ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;

ALTER TABLE hosts ADD COLUMN disk TEXT NOT NULL DEFAULT '';
`;

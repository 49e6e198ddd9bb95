/**
 * The queue of a node is asked for at every poll of a machine that waits. Boot scripts come by the thousand: an offer that nobody started
 * is in no index but those that find it.
 */
export const sql = `
CREATE INDEX tasks_node ON tasks (node_id, state);
DROP INDEX boot_sessions_state;
CREATE INDEX boot_sessions_started ON boot_sessions (state) WHERE state <> 'offered';
DROP INDEX boot_sessions_task;
CREATE INDEX boot_sessions_task ON boot_sessions (task_id) WHERE task_id IS NOT NULL;
`;

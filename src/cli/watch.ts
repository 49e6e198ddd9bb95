import type { TaskView } from '#domain/task-view.js';
import { callApi, listAll } from './client.js';
import { plain } from './tables.js';
import { bar, terminalWidth } from './terminal.js';

const OVER = new Set(['Complete', 'Cancelled', 'Failed']);
const LOOK_EVERY_MS = 1_000;
/** Of a task. */
const NUMBER = /^\d{1,9}$/;

/** One task as a line of at most `width` columns, with a bar while it is at work. */
export function progressLine(task: TaskView, width: number): string {
  const head = `${task.host} ${task.type} ${task.image ?? ''}`.trim();
  const { progress } = task;
  if (task.before !== null) return `${head}: waits for a slot, ${task.before} before it`;
  if (!progress || OVER.has(task.state)) {
    const isTold = task.state === 'Failed' || task.state === 'Cancelled';
    return `${head}: ${task.state}${isTold && task.reason !== '' ? ` (${task.reason})` : ''}`;
  }
  const percent = progress.overall ?? progress.percent;
  const tail = ` ${percent.toFixed(1).padStart(5)} % ${progress.rate}/min, ${progress.remaining} left`;
  const room = Math.max(10, width - head.length - tail.length - 3);
  return `${head} ${bar(percent / 100, room)}${tail}`;
}

/**
 * Follows tasks until all that were seen are over: a block of lines redrawn on a terminal, one line per change elsewhere, and with `json`
 * one JSON object a line. False when one of them failed or was cancelled.
 */
export async function watchTasks(state: string, key: string | undefined, json?: true): Promise<boolean> {
  const terminal = json ? undefined : terminalWidth();
  const watched = new Map<number, TaskView>();
  const printed = new Map<number, string>();
  const isNumber = key !== undefined && NUMBER.test(key);
  // A host that is not known has no tasks either, but that would say nothing.
  const host =
    key === undefined || isNumber
      ? undefined
      : (await callApi<{ name: string }>(state, 'GET', `/hosts/${encodeURIComponent(key)}`)).name;
  let drawn = 0;
  for (;;) {
    for (const task of await current(state, isNumber ? key : host, watched)) watched.set(task.id, task);
    const tasks = [...watched.values()].sort((a, b) => a.id - b.id);
    if (tasks.length === 0) {
      if (!json) process.stdout.write('no active tasks\n');
      return true;
    }
    const width = terminal ?? 80;
    const lines = tasks.map((task) => (json ? JSON.stringify(task) : plain(progressLine(task, width))));
    if (terminal !== undefined) {
      const up = drawn > 0 ? `\x1b[${drawn}A` : '';
      process.stdout.write(`${up}${lines.map((line) => `\x1b[2K${line.slice(0, width)}\n`).join('')}`);
      drawn = lines.length;
    } else {
      tasks.forEach((task, index) => {
        const line = lines[index] ?? '';
        if (printed.get(task.id) !== line) process.stdout.write(`${line}\n`);
        printed.set(task.id, line);
      });
    }
    if (tasks.every((task) => OVER.has(task.state))) return tasks.every((task) => task.state === 'Complete');
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The active tasks of that number or host, and what became of those that were seen before. */
async function current(
  state: string,
  key: string | undefined,
  watched: ReadonlyMap<number, TaskView>,
): Promise<TaskView[]> {
  if (key !== undefined && NUMBER.test(key)) return [await callApi<TaskView>(state, 'GET', `/tasks/${key}`)];
  const active = (await listAll<TaskView>(state, '/tasks', { active: true })).filter(
    ({ host }) => key === undefined || host.toLowerCase() === key.toLowerCase(),
  );
  const gone = [...watched.values()].filter(
    (task) => !OVER.has(task.state) && !active.some(({ id }) => id === task.id),
  );
  const ended = await Promise.all(gone.map(({ id }) => callApi<TaskView>(state, 'GET', `/tasks/${id}`)));
  return [...active, ...ended];
}

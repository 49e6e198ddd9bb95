/** Imaging tasks through the command line, as an admin has them. */
import type { FogdUnderTest } from './fogd.js';

/** One task of `fogd task show ID --json`, as far as scenarios read it. */
export interface TaskLine {
  readonly id: number;
  readonly state: string;
  readonly host: string;
  readonly reason: string;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly progress: { readonly percent: number; readonly copied: string; readonly total: string } | null;
}

/** The machine reports every three seconds; asking more often tells nothing new. */
const ASK_EVERY_MS = 300;

const OVER = ['Complete', 'Cancelled', 'Failed'];

export async function orderTask(
  fogd: FogdUnderTest,
  kind: 'capture' | 'deploy',
  host: string,
  image: string,
  ...more: readonly string[]
): Promise<number> {
  const line = await fogd.cli('task', kind, host, '--image', image, '--json', ...more);
  return (JSON.parse(line) as TaskLine).id;
}

export async function showTask(fogd: FogdUnderTest, id: number): Promise<TaskLine> {
  return JSON.parse(await fogd.cli('task', 'show', String(id), '--json')) as TaskLine;
}

/** Asks until the task is as wanted. Fails with the task as it was last seen: at the timeout, or when it is over and will never be so. */
export async function waitForTask(
  fogd: FogdUnderTest,
  id: number,
  what: string,
  wanted: (task: TaskLine) => boolean,
  timeoutMs: number,
): Promise<TaskLine> {
  for (const deadline = Date.now() + timeoutMs; ; ) {
    const task = await showTask(fogd, id);
    if (wanted(task)) return task;
    if (OVER.includes(task.state) || Date.now() > deadline) {
      throw new Error(`task ${id} was not ${what}: ${JSON.stringify(task)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

/** Data is being copied: there is progress, and it is not the end. */
export async function waitForMiddle(fogd: FogdUnderTest, id: number, timeoutMs = 300_000): Promise<TaskLine> {
  const inMiddle = ({ state, progress }: TaskLine): boolean =>
    state === 'In-Progress' && progress !== null && progress.percent > 0 && progress.percent < 100;
  return await waitForTask(fogd, id, 'in the middle of its copying', inMiddle, timeoutMs);
}

export async function waitForState(
  fogd: FogdUnderTest,
  id: number,
  state: string,
  timeoutMs = 300_000,
): Promise<TaskLine> {
  return await waitForTask(fogd, id, state, (task) => task.state === state, timeoutMs);
}

import { stat } from 'node:fs/promises';
import { type Task, TaskState } from '#domain/task.js';
import type { TaskView } from '#domain/task-view.js';
import { type DiskSpace, diskSpace } from '#files/disk-space.js';
import type { TraceRecord } from '#trace/decision.js';
import type { Context } from './context.js';
import { describeTask } from './manage-tasks.js';

/** More are counted and not shown. */
const MOST_TASKS = 20;
const MOST_SESSIONS = 20;
const MOST_FAILURES = 5;

export interface Disk extends DiskSpace {
  readonly what: 'state' | 'images';
  readonly path: string;
}

/** A machine that has started what its boot script told it. */
export interface SessionView {
  readonly kind: string;
  readonly mac: string;
  readonly host: string | null;
  readonly address: string | null;
  readonly openedAt: number | null;
}

/** What goes on now, for one screen. */
export interface Overview {
  /** Tasks at work, the longest first; at most twenty. */
  readonly working: readonly TaskView[];
  readonly tasks: { readonly working: number; readonly waiting: number; readonly ordered: number };
  /** At most twenty. */
  readonly sessions: readonly SessionView[];
  readonly sessionCount: number;
  readonly transfers: { readonly tftp: number };
  readonly disks: readonly Disk[];
  /** The last decisions that fogd could not carry out, since its start, the newest first. */
  readonly failures: readonly TraceRecord[];
}

export interface OverviewSources {
  readonly state: string;
  readonly images: string;
  readonly transfers: () => number;
  readonly failures: () => readonly TraceRecord[];
}

export async function overview(context: Context, sources: OverviewSources): Promise<Overview> {
  const { tasks, sessions, hosts } = context;
  const active = tasks.allActive();
  const inState = (state: TaskState): Task[] => active.filter((task) => task.state === state);
  const working = inState(TaskState.inProgress).sort((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
  const open = sessions.open();
  return {
    working: working.slice(0, MOST_TASKS).map((task) => describeTask(context, task)),
    tasks: {
      working: working.length,
      waiting: inState(TaskState.checkedIn).length,
      ordered: inState(TaskState.queued).length,
    },
    sessions: open.slice(0, MOST_SESSIONS).map(({ kind, mac, hostId, address, openedAt }) => ({
      ...{ kind, mac, address, openedAt },
      host: hostId === null ? null : (hosts.byId(hostId)?.name ?? null),
    })),
    sessionCount: open.length,
    transfers: { tftp: sources.transfers() },
    disks: await disks(sources),
    failures: sources.failures().slice(-MOST_FAILURES).reverse(),
  };
}

/** Of state and images; one where both are on the same. A folder that is not there has no disk: its service says so. */
export async function disks({ state, images }: Pick<OverviewSources, 'state' | 'images'>): Promise<Disk[]> {
  const found: Array<Disk & { readonly dev: number }> = [];
  for (const [what, path] of [
    ['state', state],
    ['images', images],
  ] as const) {
    try {
      const { dev } = await stat(path);
      if (found.some((other) => other.dev === dev)) continue;
      found.push({ what, path, dev, ...(await diskSpace(path)) });
    } catch {
      // Not there, or not to be seen: the service that needs it says why.
    }
  }
  return found.map(({ dev: _, ...disk }) => disk);
}

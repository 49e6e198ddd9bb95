import type { Progress } from './progress.js';

/** A task as people read it. */
export interface TaskView {
  readonly id: number;
  readonly type: string;
  readonly state: string;
  readonly host: string;
  readonly image: string | null;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly lastSeenAt: number | null;
  readonly reason: string;
  /** Machines in front of it in the queue, while it waits for a slot. */
  readonly before: number | null;
  readonly progress: ProgressView | null;
}

/** Of the current partition; `overall` of the whole image, where its size is known: at a deploy. */
export type ProgressView = Pick<
  Progress,
  'rate' | 'elapsed' | 'remaining' | 'copied' | 'total' | 'percent' | 'at'
> & { readonly overall: number | null };

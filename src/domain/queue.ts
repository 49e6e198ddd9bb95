import type { StorageNode } from './storage-node.js';

/** Who may start imaging now (spec fos-protocol 4.3). Pure: the caller counts and decides in one transaction. */

export interface QueueInput {
  readonly node: Pick<StorageNode, 'name' | 'enabled' | 'maxClients'>;
  /** The machine has blamed the node lately. */
  readonly hasFailed: boolean;
  /** Captures are neither counted nor limited. */
  readonly takesSlot: boolean;
  /** Deploys of the node in state In-Progress, this one not counted. */
  readonly used: number;
  /** Deploys of the node that checked in earlier and still ask: the place in the queue (store/tasks.ts). */
  readonly before: number;
}

export type QueueDecision =
  | { readonly kind: 'go' }
  /** `text` is for the machine's screen, `reason` for the admin. */
  | { readonly kind: 'wait'; readonly text: string; readonly reason: string };

const UNAVAILABLE =
  'The node trying to be used is currently unavailable. On reboot we will try to find a new node automatically.';

export function queueDecision({ node, hasFailed, takesSlot, used, before }: QueueInput): QueueDecision {
  const wait = (text: string, reason: string) => ({ kind: 'wait', text, reason }) as const;
  if (!node.enabled) return wait(UNAVAILABLE, `the storage node ${node.name} is disabled`);
  if (hasFailed) {
    const text = `Storage Node ${node.name} is open, but has recently failed for this host. ${UNAVAILABLE}`;
    return wait(text, `the storage node ${node.name} failed for this machine within the last 5 minutes`);
  }
  if (!takesSlot) return { kind: 'go' };
  const open = node.maxClients - used;
  if (open < 1) return wait(`No open slots, There are ${before} before me.`, 'waits for a slot');
  if (open <= before)
    return wait(`There are open slots, but ${before} before me on this node.`, 'waits for a slot');
  return { kind: 'go' };
}

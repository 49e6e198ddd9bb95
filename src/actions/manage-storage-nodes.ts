import { chooseNode, type StorageNode } from '#domain/storage-node.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';

/** Storage nodes: which one serves a task, and what people do with them. */

/** The node for an imaging task of a host; undefined when none may be used. */
export function nodeFor(
  { storageNodes, tasks, clock }: Context,
  hostId: number,
  kind: 'deploy' | 'capture',
): StorageNode | undefined {
  return chooseNode(kind, {
    nodes: storageNodes.list(),
    load: ({ id }) => tasks.slotsUsed(id, 0) + tasks.waiting(id),
    failed: storageNodes.failedFor(hostId, clock.now()),
  });
}

/** Throws STORAGE_NODE_UNKNOWN. */
export function findNode({ storageNodes }: Context, name: string): StorageNode {
  const node = storageNodes.byName(name);
  if (!node) throw actionErrors.STORAGE_NODE_UNKNOWN({ name });
  return node;
}

/** A node that is switched off begins no deploy and no capture. Throws STORAGE_NODE_UNKNOWN. Resolves when durable. */
export async function enableNode(context: Context, name: string, enabled: boolean): Promise<StorageNode> {
  return context.store.commit(() => {
    context.storageNodes.enable(findNode(context, name).id, enabled);
    return findNode(context, name);
  });
}

/** A node as people read it: `used` and `waiting` are machines. */
export function describeNode({ tasks }: Context, node: StorageNode) {
  return { ...node, used: tasks.slotsUsed(node.id, 0), waiting: tasks.waiting(node.id) };
}

import { describe, expect, it } from 'vitest';
import { chooseNode, type StorageNode } from '#domain/storage-node.js';

const node = (id: number, change: Partial<StorageNode> = {}): StorageNode => ({
  id,
  name: `node-${id}`,
  group: 'default',
  isMaster: id === 1,
  enabled: true,
  maxClients: 10,
  ...change,
});

/** Spec fos-protocol 4.3. */
describe('the node of a task', () => {
  const choose = (
    kind: 'deploy' | 'capture',
    nodes: StorageNode[],
    loads: Record<number, number> = {},
    failed: number[] = [],
  ) => chooseNode(kind, { nodes, load: ({ id }) => loads[id] ?? 0, failed: new Set(failed) })?.id;

  it.each<[string, number | undefined, Parameters<typeof choose>]>([
    ['of a deploy: the one with the least to do', 2, ['deploy', [node(1), node(2)], { 1: 3, 2: 2 }]],
    ['for its size', 1, ['deploy', [node(1, { maxClients: 30 }), node(2)], { 1: 3, 2: 2 }]],
    ['of equals the first', 1, ['deploy', [node(2), node(1)]]],
    ['never a disabled one', 2, ['deploy', [node(1, { enabled: false }), node(2)], { 2: 99 }]],
    ['not one that failed for the machine', 2, ['deploy', [node(1), node(2)], { 2: 9 }, [1]]],
    ['unless there is no other', 1, ['deploy', [node(1)], {}, [1]]],
    ['of a capture: the master', 1, ['capture', [node(1), node(2)], { 1: 9 }]],
    ['none, where none is enabled', undefined, ['deploy', [node(1, { enabled: false })]]],
    ['none for a capture without master', undefined, ['capture', [node(2)]]],
  ])('%s', (_, expected, args) => {
    expect(choose(...args)).toBe(expected);
  });
});

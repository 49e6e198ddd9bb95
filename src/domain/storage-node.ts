/** Where images lie and are served from (spec fos-protocol 4.3, 4.4, 7.9). For now fogd has one node, itself; the rules hold for several. */
export interface StorageNode {
  readonly id: number;
  readonly name: string;
  /** Name of its storage group. */
  readonly group: string;
  /** Captures go to the master of a group. */
  readonly isMaster: boolean;
  /** A node that is not begins no work; what it has begun goes on. */
  readonly enabled: boolean;
  /** Slots: how many machines are deployed to from it at once. */
  readonly maxClients: number;
}

/** How long a node that a machine has blamed is not used for that machine again (FOG's five minutes). */
export const FAILURE_MS = 300_000;

export interface NodeChoice {
  readonly nodes: readonly StorageNode[];
  /** Machines that are deployed to from a node, and that wait for it. */
  readonly load: (node: StorageNode) => number;
  /** Nodes that the machine has blamed lately. */
  readonly failed: ReadonlySet<number>;
}

/**
 * The node of an imaging task (spec 4.3): for a capture the master, for a deploy the one with the least to do for its size. A node that
 * failed for the machine is the last resort. Undefined when none is enabled.
 */
export function chooseNode(
  kind: 'deploy' | 'capture',
  { nodes, load, failed }: NodeChoice,
): StorageNode | undefined {
  const usable = nodes.filter((node) => node.enabled && (kind === 'deploy' || node.isMaster));
  const share = (node: StorageNode) => load(node) / node.maxClients;
  const rank = (node: StorageNode) => (failed.has(node.id) ? 1 : 0);
  return usable.toSorted((a, b) => rank(a) - rank(b) || share(a) - share(b) || a.id - b.id)[0];
}

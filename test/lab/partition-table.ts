/** The partition table of a disk image, as sfdisk reads it. */
import { mustRun } from './process.js';
import type { Extent } from './volumes.js';

export interface Partition {
  readonly number: number;
  /** Sectors of 512 bytes. */
  readonly start: number;
  readonly size: number;
  readonly type: string;
  /** Unique partition GUID; GPT only. */
  readonly uuid?: string;
  readonly name?: string;
  readonly bootable?: boolean;
  readonly attrs?: string;
}

export interface PartitionTable {
  readonly label: 'gpt' | 'dos';
  /** Disk GUID, or the signature of an MBR. */
  readonly id: string;
  readonly partitions: readonly Partition[];
}

interface SfdiskAnswer {
  readonly partitiontable: {
    readonly label: 'gpt' | 'dos';
    readonly id: string;
    readonly partitions?: readonly (Omit<Partition, 'number'> & { readonly node: string })[];
  };
}

export const SECTOR = 512;

export function extentOf({ start, size }: Partition): Extent {
  return { start: start * SECTOR, size: size * SECTOR };
}

/** Fails when there is no table, or when sfdisk finds it damaged (GPT: either of the two headers). */
export async function readPartitionTable(disk: string): Promise<PartitionTable> {
  const { partitiontable: table } = JSON.parse(await mustRun(['sfdisk', '-J', disk])) as SfdiskAnswer;
  const verdict = await mustRun(['sfdisk', '--verify', disk]);
  if (!/No errors (were )?(detected|found)/i.test(verdict)) throw new Error(`sfdisk --verify: ${verdict}`);
  return {
    label: table.label,
    id: table.id,
    partitions: (table.partitions ?? []).map(({ node, ...rest }) => ({
      number: Number(/(\d+)$/.exec(node)?.[1]),
      ...rest,
    })),
  };
}

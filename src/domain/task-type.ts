/** FOG's task types (spec fos-protocol 7.1): what can be ordered, and what a machine is told for it. */

export interface TaskType {
  readonly id: number;
  /** FOG's name. */
  readonly name: string;
  /** Its word on the command line and in the API. */
  readonly key: TaskKey;
  /** For people who choose. */
  readonly description: string;
  /** Words for the kernel line. `mode=onlydebug` and `mode=debug` of FOG's table are `isdebug=yes` on the wire (spec 1.9.2). */
  readonly kernelArgs: readonly string[];
  /** Moves a disk's content; such tasks need an image. */
  readonly imaging?: 'deploy' | 'capture';
  /** What the machine starts for it. Default: FOS. */
  readonly boots?: 'memtest' | 'nothing';
  /** Nothing tells its end: it is over when the machine boots again. */
  readonly endsWithBoot?: true;
  /** FOS writes into its share although it images nothing. */
  readonly writesShare?: true;
  /** Of the host: `all`, or `one` that is named, are the task; `after`: they follow when the machine has been deployed (data-model 3.1). */
  readonly snapins?: 'all' | 'one' | 'after';
  /** Destroys what is on the disk: never started a second time without a person saying so. */
  readonly wipes?: true;
}

export type TaskKey =
  | 'deploy'
  | 'capture'
  | 'debug'
  | 'memtest'
  | 'testdisk'
  | 'surface-test'
  | 'recover'
  | 'multicast'
  | 'inventory'
  | 'password-reset'
  | 'snapins'
  | 'snapin'
  | 'wake'
  | 'deploy-debug'
  | 'capture-debug'
  | 'deploy-no-snapins'
  | 'fast-wipe'
  | 'normal-wipe'
  | 'full-wipe'
  | 'virus-scan'
  | 'virus-quarantine';

const DEBUG = 'isdebug=yes';

export const TASK_TYPES: readonly TaskType[] = [
  {
    id: 1,
    name: 'Deploy',
    key: 'deploy',
    description: 'write an image to the disk of a host',
    kernelArgs: ['type=down'],
    imaging: 'deploy',
    snapins: 'after',
  },
  {
    id: 2,
    name: 'Capture',
    key: 'capture',
    description: 'read the disk of a host into an image',
    kernelArgs: ['type=up'],
    imaging: 'capture',
  },
  {
    id: 3,
    name: 'Debug',
    key: 'debug',
    description: 'a shell of the imaging environment on the screen',
    kernelArgs: [DEBUG],
    endsWithBoot: true,
  },
  {
    id: 4,
    name: 'Memtest86+',
    key: 'memtest',
    description: 'test the memory',
    kernelArgs: [],
    boots: 'memtest',
    endsWithBoot: true,
  },
  {
    id: 5,
    name: 'Test Disk',
    key: 'testdisk',
    description: 'repair partitions with TestDisk, by hand at the screen',
    kernelArgs: ['mode=checkdisk'],
  },
  {
    id: 6,
    name: 'Disk Surface Test',
    key: 'surface-test',
    description: 'read every block of the disk',
    kernelArgs: ['mode=badblocks'],
  },
  {
    id: 7,
    name: 'Recover',
    key: 'recover',
    description: 'recover lost files with PhotoRec into the share',
    kernelArgs: ['mode=photorec'],
    writesShare: true,
  },
  {
    id: 8,
    name: 'Multi-Cast',
    key: 'multicast',
    description: 'write an image to many hosts at once',
    kernelArgs: ['type=down', 'mc=yes'],
    imaging: 'deploy',
    snapins: 'after',
  },
  {
    id: 10,
    name: 'Hardware Inventory',
    key: 'inventory',
    description: 'report what the machine is made of',
    kernelArgs: ['mode=inventory', 'deployed=1'],
  },
  {
    id: 11,
    name: 'Password Reset',
    key: 'password-reset',
    description: 'blank the password of a local Windows account',
    kernelArgs: ['mode=winpassreset'],
  },
  {
    id: 12,
    name: 'All Snapins',
    key: 'snapins',
    description: 'install all snapins of the host',
    kernelArgs: [],
    boots: 'nothing',
    snapins: 'all',
  },
  {
    id: 13,
    name: 'Single Snapin',
    key: 'snapin',
    description: 'install one snapin',
    kernelArgs: [],
    boots: 'nothing',
    snapins: 'one',
  },
  {
    id: 14,
    name: 'Wake-Up',
    key: 'wake',
    description: 'turn the machine on (wake on LAN)',
    kernelArgs: [],
    boots: 'nothing',
  },
  {
    id: 15,
    name: 'Deploy - Debug',
    key: 'deploy-debug',
    description: 'deploy step by step, from a shell',
    kernelArgs: ['type=down', DEBUG],
    imaging: 'deploy',
    snapins: 'after',
  },
  {
    id: 16,
    name: 'Capture - Debug',
    key: 'capture-debug',
    description: 'capture step by step, from a shell',
    kernelArgs: ['type=up', DEBUG],
    imaging: 'capture',
  },
  {
    id: 17,
    name: 'Deploy - No Snapins',
    key: 'deploy-no-snapins',
    description: 'deploy, and install no snapins afterwards',
    kernelArgs: ['type=down'],
    imaging: 'deploy',
  },
  {
    id: 18,
    name: 'Fast Wipe',
    key: 'fast-wipe',
    description: 'erase partition table and file systems; data can be recovered',
    kernelArgs: ['mode=wipe', 'wipemode=fast'],
    wipes: true,
  },
  {
    id: 19,
    name: 'Normal Wipe',
    key: 'normal-wipe',
    description: 'overwrite the whole disk once',
    kernelArgs: ['mode=wipe', 'wipemode=normal'],
    wipes: true,
  },
  {
    id: 20,
    name: 'Full Wipe',
    key: 'full-wipe',
    description: 'overwrite the whole disk several times',
    kernelArgs: ['mode=wipe', 'wipemode=full'],
    wipes: true,
  },
  {
    id: 21,
    name: 'Virus Scan',
    key: 'virus-scan',
    description: 'look for viruses and report them',
    kernelArgs: ['mode=clamav', 'avmode=s'],
  },
  {
    id: 22,
    name: 'Virus Scan - Quarantine',
    key: 'virus-quarantine',
    description: 'look for viruses and move them away',
    kernelArgs: ['mode=clamav', 'avmode=q'],
  },
];

const BY_ID = new Map(TASK_TYPES.map((type) => [type.id, type]));
const BY_KEY = new Map<string, TaskType>(TASK_TYPES.map((type) => [type.key, type]));

export function taskType(id: number): TaskType | undefined {
  return BY_ID.get(id);
}

export function taskTypeByKey(key: TaskKey): TaskType {
  const type = BY_KEY.get(key);
  if (!type) throw new RangeError(`${key} is no task type`);
  return type;
}

/** Done by the FOG Client in the installed system: what the machine boots changes nothing about it. */
export function isSnapinTask(typeId: number): boolean {
  const { snapins } = BY_ID.get(typeId) ?? {};
  return snapins === 'all' || snapins === 'one';
}

/** Types that occupy a slot while they run (FOG_USED_TASKS, spec 4.3): captures are neither limited nor counted. */
export const SLOT_TYPES: readonly number[] = [1, 15, 17];

/** How often a machine may start a task without completing it (its tokenised HEADs) before the task has failed. */
export function attemptsAllowed(type: TaskType | undefined): number {
  return type?.wipes ? 1 : 3;
}

import { type Host, primaryMac } from '#domain/host.js';
import { compressionOf, type Image } from '#domain/image.js';
import type { TaskType } from '#domain/task-type.js';

export interface OrderedTask {
  readonly type: TaskType;
  readonly shutdown: boolean;
  /** Windows account of a password reset. */
  readonly account?: string;
  /** For imaging tasks. */
  readonly image?: Image;
}

export interface TaskArgsSettings {
  readonly compression: number;
  readonly resize_percent: number;
  readonly ignore_page_files: boolean;
  readonly wipe_seconds: number;
  /** NFS share with ClamAV, `host:/path`. */
  readonly clamav_share?: string;
}

/**
 * FOG's "Other OS". FOS looks the number up at each check-in but that of an inventory, also for a task that images nothing (a virus scan),
 * and one that it does not know, as 0, is fatal to it (FOS's fog.checkin, determineOS).
 */
const OTHER_OS = 99;

/** What FOS must know of an image. */
export function imageArgs(image: Image, { compression }: TaskArgsSettings): string[] {
  return [
    'chkdsk=0',
    `img=${image.path}`,
    `imgType=${image.type}`,
    `imgPartitionType=${image.partitionType}`,
    `imgid=${image.id}`,
    `imgFormat=${image.format}`,
    `PIGZ_COMP=-${compressionOf(image.format, image.compress ?? compression)}`,
  ];
}

/** The words of a task on the kernel line, in FOG's order (spec fos-protocol 1.9.2). */
export function taskArgs(host: Host, task: OrderedTask, settings: TaskArgsSettings): string[] {
  const { type, image, account } = task;
  const imaging = type.imaging && image ? imageArgs(image, settings) : [];
  const capture =
    type.imaging === 'capture'
      ? [`pct=${settings.resize_percent}`, `ignorepg=${settings.ignore_page_files ? 1 : 0}`]
      : [];
  return [
    `mac=${primaryMac(host)}`,
    `osid=${image?.osId ?? OTHER_OS}`,
    'irqpoll',
    `hostname=${host.name}`,
    ...(isVirusScan(type) ? [`clamav=${settings.clamav_share ?? ''}`] : []),
    ...imaging,
    ...(task.shutdown ? ['shutdown=1'] : []),
    ...(host.disk === '' ? [] : [`fdrive=${host.disk}`]),
    // The host name is written into a deployed Windows (spec 2.2); absent means off.
    ...(type.imaging ? ['hostearly=1'] : []),
    ...capture,
    ...(account ? [`winuser=${account}`] : []),
    // The count-down at the screen before anything is written.
    ...(type.wipes ? [`seconds=${settings.wipe_seconds}`] : []),
    ...type.kernelArgs,
  ];
}

function isVirusScan({ kernelArgs }: TaskType): boolean {
  return kernelArgs.includes('mode=clamav');
}

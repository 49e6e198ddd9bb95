import { performance } from 'node:perf_hooks';
import { diskSpace } from '#files/disk-space.js';
import type { MetricSources } from './metrics.js';

export function processUsage(): ReturnType<MetricSources['process']> {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    busySeconds: performance.eventLoopUtilization().active / 1000,
  };
}

/** Free space and size of the disks that hold these folders, by name; not a number for one that cannot be looked at. */
export async function diskSizes(
  folders: Readonly<Record<string, string>>,
): ReturnType<MetricSources['disks']> {
  const unknown = { free: Number.NaN, size: Number.NaN };
  const found = Object.entries(folders).map(
    async ([name, path]) => [name, await diskSpace(path).catch(() => unknown)] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

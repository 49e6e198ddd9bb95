import type { Host } from '#domain/host.js';
import type { ReportedInventory } from '#domain/inventory.js';
import { type Context, hostOf } from './context.js';

/** Stores what a machine reported of its hardware; undefined when it is no host. Resolves when durable. */
export async function recordInventory(
  context: Context,
  macs: readonly string[],
  reported: ReportedInventory,
): Promise<Host | undefined> {
  const match = hostOf(context, macs);
  if (match.kind !== 'one' || match.host.pending) return undefined;
  const { host } = match;
  await context.store.commit(() => context.inventory.saveReported(host.id, reported, context.clock.now()));
  return host;
}

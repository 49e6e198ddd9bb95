import type { Host } from '#domain/host.js';
import type { ReportedInventory } from '#domain/inventory.js';
import { type Context, hostOf } from './context.js';

export type InventoryOutcome =
  | { readonly kind: 'stored'; readonly host: Host }
  /** Nothing is kept of a machine that waits for approval (spec fos-protocol 3.9). */
  | { readonly kind: 'pending'; readonly host: Host }
  | { readonly kind: 'no-host' };

/** Stores what a machine reported of its hardware. Resolves when durable. */
export async function recordInventory(
  context: Context,
  macs: readonly string[],
  reported: ReportedInventory,
): Promise<InventoryOutcome> {
  const match = hostOf(context, macs);
  if (match.kind !== 'one') return { kind: 'no-host' };
  const { host } = match;
  if (host.pending) return { kind: 'pending', host };
  await context.store.commit(() => context.inventory.saveReported(host.id, reported, context.clock.now()));
  return { kind: 'stored', host };
}

import type { Task } from '#domain/task.js';
import type { Context } from './context.js';

/** How long after its last call a machine counts as being at work; it reports every few seconds. */
const LIFE_MS = 15_000;

/** Whether the token of a task may go to this address: a MAC is a name (design section 7). */
export async function identityDoubt(
  { neighbour, leases, sessions, settings, clock }: Context,
  macs: readonly string[],
  address: string,
  task: Task,
): Promise<Doubt> {
  // Seen on the wire; behind a relay, what fogd itself has leased.
  const owner = (await neighbour(address)) ?? leases.macOf(address, clock.now());
  if (owner !== undefined && macs.includes(owner)) return { kind: 'none' };
  if (owner !== undefined)
    return refusal(`the address ${address} belongs to ${owner}, which is not this machine`);
  const atWork = sessions.openOfTask(task.id).find(({ address: other }) => other !== address);
  const isAlive = clock.now() - Math.max(task.seenAt ?? 0, atWork?.seenAt ?? 0) < LIFE_MS;
  if (atWork && isAlive) return refusal(`this machine is being imaged from ${atWork.address}`);
  const { unverified_clients: unverified } = settings.boot;
  if (unverified === 'allow' || address === '127.0.0.1') return { kind: 'none' };
  if (unverified === 'ask') return { kind: 'ask' };
  return refusal('this machine is behind a router, and boot.unverified_clients is "deny"');
}

export type Doubt = { readonly kind: 'none' | 'ask' } | { readonly kind: 'refused'; readonly reason: string };

function refusal(reason: string): Doubt {
  return { kind: 'refused', reason };
}

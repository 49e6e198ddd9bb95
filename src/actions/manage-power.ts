import { primaryMac } from '#domain/host.js';
import { type PowerAction, type PowerPlan, parseCron } from '#domain/power-plan.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { findHost } from './manage-hosts.js';

/** When the FOG Clients of hosts shut down and restart, as people see and change it. All throw errors of the catalogue and resolve when durable. */

export interface PowerPlanView extends Omit<PowerPlan, 'hostId'> {
  readonly host: string;
}

/** A client polls every three minutes at most; a machine that comes up later was not meant. */
const ORDER_MS = 15 * 60_000;
/** The client checks each at each poll, and holds a timer for it. */
const MOST_PLANS = 32;

/** `key`: of one host, or of all. Throws HOST_UNKNOWN. */
export function listPower(context: Context, key?: string): PowerPlanView[] {
  const { power, hosts } = context;
  const plans = power.plans(key === undefined ? undefined : findHost(context, key).id);
  const names = hosts.names(plans.map(({ hostId }) => hostId));
  return plans.map(({ hostId, ...plan }) => ({ ...plan, host: names.get(hostId) ?? '' }));
}

/** Throws HOST_UNKNOWN, POWER_TIME_BAD, POWER_PLAN_EXISTS or POWER_PLANS_MANY. */
export async function addPower(
  context: Context,
  key: string,
  action: PowerAction,
  text: string,
): Promise<PowerPlanView> {
  const { power, store } = context;
  const host = findHost(context, key);
  const cron = parseCron(text);
  if (cron === undefined) throw actionErrors.POWER_TIME_BAD({});
  return await store.commit(() => {
    const plans = power.plans(host.id);
    // Clients tell them apart by what they say.
    if (plans.some((plan) => plan.action === action && plan.cron === cron))
      throw actionErrors.POWER_PLAN_EXISTS({ name: host.name, action, cron });
    if (plans.length >= MOST_PLANS)
      throw actionErrors.POWER_PLANS_MANY({ name: host.name, most: MOST_PLANS });
    return { id: power.add(host.id, action, cron), action, cron, host: host.name };
  });
}

/** Throws POWER_PLAN_UNKNOWN. */
export async function removePower(context: Context, id: number): Promise<PowerPlanView> {
  const plan = listPower(context).find((one) => one.id === id);
  if (!plan) throw actionErrors.POWER_PLAN_UNKNOWN({ id });
  await context.store.commit(() => context.power.remove(id));
  return plan;
}

export interface PowerOrderView {
  readonly host: string;
  readonly action: PowerAction;
  /** Its client must poll before this, milliseconds since the epoch. */
  readonly until: number;
}

/** At the next poll of its client; in place of an order before. Throws HOST_UNKNOWN or HOST_PENDING. */
export async function orderPower(
  context: Context,
  key: string,
  action: PowerAction,
  actor: string,
): Promise<PowerOrderView> {
  const { power, store, clock, recorder } = context;
  const host = findHost(context, key);
  if (host.pending) throw actionErrors.HOST_PENDING({ name: host.name });
  const until = clock.now() + ORDER_MS;
  await store.commit(() => power.giveOrder(host.id, { action, until }));
  recorder.record({
    service: 'fogd',
    event: 'power-ordered',
    outcome: 'answered',
    who: { mac: primaryMac(host) },
    reasons: [],
    facts: { actor, action },
  });
  return { host: host.name, action, until };
}

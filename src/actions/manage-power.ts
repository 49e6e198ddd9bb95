import { primaryMac, wakeMacs } from '#domain/host.js';
import { isForClient, type PowerAction, type PowerPlan, parseCron } from '#domain/power-plan.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { forEachHost, type Refused } from './manage-groups.js';
import { findHost } from './manage-hosts.js';

/** When hosts are shut down, restarted and woken, as people see and change it. All throw errors of the catalogue and resolve when durable. */

export interface PowerPlanView extends Omit<PowerPlan, 'hostId'> {
  readonly host: string;
}

/** A machine that comes up later was not meant. */
const ORDER_MS = 15 * 60_000;
/** Where polls are rare: one may fail, and clients wait for up to 91 s more than they are told to. */
const ORDER_POLLS = 3;
/** The client checks each at each poll, and holds a timer for it. */
const MOST_PLANS = 32;

/** `key`: of one host, or of all. Throws HOST_UNKNOWN. */
export function listPower(context: Context, key?: string): PowerPlanView[] {
  const { power, hosts } = context;
  const plans = power.plans(key === undefined ? undefined : findHost(context, key).id);
  const names = hosts.names(plans.map(({ hostId }) => hostId));
  return plans.map(({ hostId, ...plan }) => ({ ...plan, host: names.get(hostId) ?? '' }));
}

/** Throws POWER_TIME_BAD, HOST_UNKNOWN, POWER_PLAN_EXISTS or POWER_PLANS_MANY. */
export async function addPower(
  context: Context,
  key: string,
  action: PowerAction,
  text: string,
): Promise<PowerPlanView> {
  const { power, store } = context;
  const cron = cronOf(text);
  return await store.commit(() => {
    const host = findHost(context, key);
    const plans = power.plans(host.id);
    // Clients tell them apart by what they say.
    if (plans.some(isThe(action, cron)))
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

export interface GroupPowerPlans {
  readonly plans: readonly PowerPlanView[];
  /** Hosts that could not get it, or had none to lose, each with the reason. */
  readonly refused: readonly Refused[];
}

/** The same plan for each host that is in a group now; one that cannot get it keeps no other from it. Throws POWER_TIME_BAD, GROUP_UNKNOWN, GROUP_EMPTY. */
export async function addGroupPower(
  context: Context,
  name: string,
  action: PowerAction,
  text: string,
): Promise<GroupPowerPlans> {
  const cron = cronOf(text);
  const { done, refused } = await forEachHost(context, name, (host) => addPower(context, host, action, cron));
  return { plans: done, refused };
}

/** Takes a plan from each host that is in a group now, however it came by it. Throws POWER_TIME_BAD, GROUP_UNKNOWN, GROUP_EMPTY. */
export async function removeGroupPower(
  context: Context,
  name: string,
  action: PowerAction,
  text: string,
): Promise<GroupPowerPlans> {
  const { power, store } = context;
  const cron = cronOf(text);
  const { done, refused } = await forEachHost(context, name, (key) =>
    store.commit(() => {
      const host = findHost(context, key);
      const plan = power.plans(host.id).find(isThe(action, cron));
      if (!plan) throw actionErrors.POWER_PLAN_MISSING({ name: host.name, action, cron });
      power.remove(plan.id);
      return { id: plan.id, action, cron, host: host.name };
    }),
  );
  return { plans: done, refused };
}

/** Throws POWER_TIME_BAD. */
function cronOf(text: string): string {
  const cron = parseCron(text);
  if (cron === undefined) throw actionErrors.POWER_TIME_BAD({});
  return cron;
}

const isThe = (action: PowerAction, cron: string) => (plan: PowerPlan) =>
  plan.action === action && plan.cron === cron;

export interface PowerOrderView {
  readonly host: string;
  readonly action: PowerAction;
  /** Its client must poll before this, milliseconds since the epoch; null where fogd itself has done it. */
  readonly until: number | null;
  /** Where magic packets went; empty where the client does it. */
  readonly sentTo: readonly string[];
}

/**
 * Shuts down and restarts at the next poll of its client, in place of an order before; wakes at once. Throws HOST_UNKNOWN, HOST_PENDING or
 * WAKE_NO_NETWORK.
 */
export async function orderPower(
  context: Context,
  key: string,
  action: PowerAction,
  actor: string,
): Promise<PowerOrderView> {
  const { power, store, clock, recorder, wake, settings } = context;
  const host = findHost(context, key);
  if (host.pending) throw actionErrors.HOST_PENDING({ name: host.name });
  const lasts = Math.max(ORDER_MS, ORDER_POLLS * settings.client.checkin_seconds * 1000);
  const until = isForClient(action) ? clock.now() + lasts : null;
  let sentTo: readonly string[] = [];
  if (isForClient(action) && until !== null)
    await store.commit(() => power.giveOrder(host.id, { action, until }));
  else {
    sentTo = await wake(wakeMacs(host));
    if (sentTo.length === 0) throw actionErrors.WAKE_NO_NETWORK({});
  }
  recorder.record({
    service: 'fogd',
    event: 'power-ordered',
    outcome: 'answered',
    who: { mac: primaryMac(host) },
    reasons: [],
    facts: { actor, action },
  });
  return { host: host.name, action, until, sentTo };
}

export interface GroupPowerOrder {
  readonly orders: readonly PowerOrderView[];
  /** Hosts that could not have it, each with the reason. */
  readonly refused: readonly Refused[];
}

/** The same for each host of a group; one that cannot have it keeps no other from it. Throws GROUP_UNKNOWN, GROUP_EMPTY. */
export async function orderGroupPower(
  context: Context,
  name: string,
  action: PowerAction,
  actor: string,
): Promise<GroupPowerOrder> {
  const { done, refused } = await forEachHost(context, name, (host) =>
    orderPower(context, host, action, actor),
  );
  return { orders: done, refused };
}

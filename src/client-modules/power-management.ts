import { type ClientPowerAction, clientLines, isForClient } from '#domain/power-plan.js';
import type { ClientModule } from './module.js';

/** Its words for what is done at once are not those for what is done by the clock (spec client-protocol 7.2). */
const AT_ONCE: Readonly<Record<ClientPowerAction, string>> = { shutdown: 'shutdown', reboot: 'restart' };

/**
 * Shuts the machine down and restarts it, at once and by the clock (spec client-protocol 7.2). An order is gone once it was told: told twice, it would
 * restart a machine again that has just come up. Only the address that made the handshake takes it away, not whoever names the MAC.
 */
export const powerManagement: ClientModule = {
  key: 'powermanagement',
  tell: ({ power, store, clock, clientSessions }, { host, address, plans }) => {
    const lines = plans
      .filter(({ action }) => isForClient(action))
      .flatMap(({ action, cron }) => clientLines(cron).map((line) => ({ cron: line, action })));
    // Clients tell lines apart by what they say, and two plans may have one in common.
    const tasks = lines.filter(
      ({ cron, action }, index) =>
        lines.findIndex((one) => one.cron === cron && one.action === action) === index,
    );
    const order = power.order(host.id);
    if (!order || clientSessions.get(host.id)?.address !== address) return { onDemand: '', tasks };
    const onDemand = clock.now() < order.until ? AT_ONCE[order.action] : '';
    return store.commit(() => power.dropOrder(host.id)).then(() => ({ onDemand, tasks }));
  },
};

import { type Check, type Finding, fail, ok, warn } from '../finding.js';

/** What the daemon says of itself. */
export const services: Check = ({ running, state }) => {
  if (!running) return [warn(`fogd does not run on ${state}`, 'start it with: systemctl start fogd')];
  const found = running.services.flatMap(({ name, state: now, detail, remedy }): Finding[] => {
    if (now === 'failed') return [fail(`${name}: ${detail}`, remedy ?? 'look at the log of fogd')];
    if (now === 'degraded') return [warn(`${name}: ${detail}`, 'look at: fogd status')];
    return [];
  });
  return found.length > 0
    ? found
    : [ok(`all ${running.services.length} services of fogd (pid ${running.pid})`)];
};

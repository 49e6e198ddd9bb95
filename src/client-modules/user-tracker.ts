import type { ClientModule } from './module.js';

/** Reports who logs in (spec client-protocol 7.4). There is nothing to tell it, and FOG says so in this way. */
export const userTracker: ClientModule = { key: 'usertracker', tell: () => ({ '': '' }) };

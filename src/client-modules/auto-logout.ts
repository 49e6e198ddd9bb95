import type { ClientModule } from './module.js';

/** Clients take no shorter time (spec client-protocol 7.6). */
const LEAST_MINUTES = 5;

/** Logs out who has been idle for so long; FOG counts in minutes, its client in seconds. */
export const autoLogout: ClientModule = {
  key: 'autologout',
  tell: ({ settings }, { own }) => {
    const minutes = own.autoLogoutMinutes ?? settings.client.autologout_minutes;
    return minutes < LEAST_MINUTES ? { error: 'time' } : { time: minutes * 60 };
  },
};

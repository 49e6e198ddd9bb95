import type { ClientModule } from './module.js';

/** Sets the resolution of the display (spec client-protocol 7.5). */
export const displayManager: ClientModule = {
  key: 'displaymanager',
  tell: ({ clientSettings, settings }, { host }) => {
    const { display_width: x, display_height: y, display_refresh: r } = settings.client;
    const own = clientSettings.get(host.id).display;
    return own ? { x: own.width, y: own.height, r: own.refresh } : { x, y, r };
  },
};

import type { ClientModule } from './module.js';

/** Sets the resolution of the display (spec client-protocol 7.5). */
export const displayManager: ClientModule = {
  key: 'displaymanager',
  tell: ({ settings }, { own: { display } }) => {
    const { display_width: x, display_height: y, display_refresh: r } = settings.client;
    return display ? { x: display.width, y: display.height, r: display.refresh } : { x, y, r };
  },
};

import { autoLogout } from './auto-logout.js';
import { displayManager } from './display-manager.js';
import { hostnameChanger } from './hostname-changer.js';
import type { ClientModule } from './module.js';
import { powerManagement } from './power-management.js';
import { printerManager } from './printer-manager.js';
import { snapinClient } from './snapin-client.js';
import { taskReboot } from './task-reboot.js';
import { userTracker } from './user-tracker.js';

/** All modules, each once. */
export const CLIENT_MODULES: readonly ClientModule[] = [
  autoLogout,
  displayManager,
  hostnameChanger,
  powerManagement,
  printerManager,
  snapinClient,
  taskReboot,
  userTracker,
];

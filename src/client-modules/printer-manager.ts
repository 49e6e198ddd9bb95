import { PRINTER_MODES, PRINTER_TYPES } from '#domain/printer.js';
import type { ClientModule } from './module.js';

/** Installs and removes printers (spec client-protocol 7.3). Without any, clients want it said as an error; what is surplus they remove all the same. */
export const printerManager: ClientModule = {
  key: 'printermanager',
  tell: ({ printers }, { host, own: { printerMode } }) => {
    const mode = PRINTER_MODES[printerMode];
    if (printerMode === 'off') return { mode, allPrinters: [], default: '', printers: [] };
    const assigned = printers.assigned(host.id);
    const told = {
      mode,
      allPrinters: printers.names(),
      default: assigned.find(({ isDefault }) => isDefault)?.name ?? '',
      printers: assigned.map(({ type, port, file, model, name, ip, configFile }) => ({
        type: PRINTER_TYPES[type],
        ...{ port, file, model, name },
        // An empty one would make a port all the same.
        ...(ip === '' ? {} : { ip }),
        configFile,
      })),
    };
    return assigned.length === 0 ? { error: 'np', ...told } : told;
  },
};

import type { ServiceStatus } from '#daemon/supervisor.js';
import type { Settings } from '#settings/schema.js';
import { serviceTable } from './tables.js';

export interface StartScreen {
  readonly version: string;
  readonly state: string;
  readonly settings: Settings;
  readonly services: readonly ServiceStatus[];
}

/** What a person sees who starts fogd in a terminal: what runs, what does not and why, and the next step. */
export function startScreen({ version, state, settings, services }: StartScreen): string {
  const next =
    settings.dhcp.mode === 'off'
      ? [
          'DHCP is off: PCs do not find this server by themselves yet. Beside an existing DHCP server turn it on with:',
          '  npm start -- --dhcp proxy --interface eth0',
        ]
      : [
          `DHCP answers on ${settings.dhcp.interfaces.join(', ')}: switch a PC on and let it boot from the network.`,
        ];
  return `${[
    '',
    `fogd ${version}, state in ${state}`,
    ...serviceTable(services).map((line) => `  ${line}`),
    '',
    ...next,
    `From another terminal:  bin/fogd status --state ${state}     Stop: Ctrl-C`,
    '',
  ].join('\n')}\n`;
}

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
  return `${[
    '',
    `fogd ${version}, state in ${state}`,
    ...serviceTable(services).map((line) => `  ${line}`),
    '',
    ...next(settings, services),
    `From another terminal:  bin/fogd status --state ${state}     Stop: Ctrl-C`,
    '',
  ].join('\n')}\n`;
}

function next({ dhcp }: Settings, services: readonly ServiceStatus[]): string[] {
  if (dhcp.mode === 'off')
    return [
      'DHCP is off: PCs do not find this server by themselves yet. Beside an existing DHCP server turn it on with:',
      '  npm start -- --dhcp proxy --interface eth0',
    ];
  if (services.find(({ name }) => name === 'dhcp')?.state !== 'running')
    return ['DHCP does not answer as it was told to: see above what to do about it.'];
  return [`DHCP answers on ${dhcp.interfaces.join(', ')}: switch a PC on and let it boot from the network.`];
}

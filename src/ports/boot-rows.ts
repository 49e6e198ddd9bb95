import { parsePorts } from '#settings/formats.js';
import { one, type PlanSettings, type PortRow } from './row.js';

/** RFC 1350. */
const TFTP = one(69);

export function tftpRows({ tftp }: PlanSettings): PortRow[] {
  if (!tftp.enabled) return [];
  const range = tftp.single_port ? undefined : parsePorts(tftp.port_range);
  const common = {
    protocol: 'udp',
    family: 'both',
    reach: 'routed',
    isNeeded: true,
    holder: 'fogd',
    when: 'at boot, until the boot loader runs',
  } as const;
  const requests: PortRow = {
    ...common,
    name: 'tftp-requests',
    from: ['machine'],
    to: 'server',
    toPorts: TFTP,
    why: range
      ? 'TFTP: requests for boot loaders'
      : 'TFTP: requests for boot loaders, and the files themselves',
    setting: range ? 'tftp.enabled' : 'tftp.single_port',
  };
  if (!range) return [requests];
  return [
    requests,
    {
      ...common,
      name: 'tftp-files',
      from: ['server'],
      fromPorts: range,
      to: 'machine',
      byHelper: true,
      why: 'TFTP: files, to the port that asked; acknowledgements go the way back',
      setting: 'tftp.port_range',
    },
  ];
}

export function httpRows({ http, https }: PlanSettings): PortRow[] {
  const common = {
    protocol: 'tcp',
    from: ['machine', 'admin'],
    to: 'server',
    family: 'both',
    reach: 'routed',
    isNeeded: true,
    holder: 'fogd',
  } as const;
  const plain: PortRow = {
    ...common,
    name: 'http',
    toPorts: one(http.port),
    why: 'HTTP: boot scripts, kernel and init, all calls of machines, API',
    when: 'from the boot loader on; FOG Clients at any time',
    setting: 'http.port',
  };
  if (!https.enabled) return [plain];
  return [
    plain,
    {
      ...common,
      name: 'https',
      toPorts: one(https.port),
      why: 'HTTPS: the same, for FOG Clients, people, and boot loaders that trust the certificate',
      when: 'FOG Clients at any time',
      setting: 'https.port',
    },
  ];
}

import type { Context } from '#actions/context.js';
import { changeClientSettings, tellSecrets } from '#actions/manage-client-settings.js';
import { addHost, changeHost } from '#actions/manage-hosts.js';
import { addPower, orderPower } from '#actions/manage-power.js';
import { addPrinter, assignPrinters } from '#actions/manage-printers.js';
import { PC_MAC } from './client-world.js';

/** A host for whose client every module has something to do. */
export async function fillHost(context: Context): Promise<void> {
  await addHost(context, 'PC', [PC_MAC], 'test');
  context.clientSessions.begin(context.hosts.byName('PC')?.id ?? 0, {
    ...{ key: Buffer.alloc(32), token: Buffer.alloc(64), proof: '', address: '10.0.0.50', isFirst: false },
  });
  await changeHost(context, 'PC', { productKey: 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE' });
  await changeClientSettings(context, 'PC', {
    joinDomain: true,
    domain: 'example.org',
    ou: 'OU=Lab,DC=example,DC=org',
    domainUser: 'joiner',
    domainPassword: 'of the joiner',
    autoLogoutMinutes: 30,
    display: { width: 1920, height: 1080, refresh: 60 },
  });
  await addPower(context, 'PC', 'shutdown', '0 22 * * *');
  await addPower(context, 'PC', 'reboot', '30 6 13 * 1-5');
  await orderPower(context, 'PC', 'reboot', 'test');
  await addPrinter(context, {
    ...{ name: 'laser', type: 'local', port: 'IP_10.0.0.9', ip: '10.0.0.9', model: 'HP Universal' },
    file: 'C:\\drivers\\hp.inf',
  });
  await addPrinter(context, { name: '\\\\print\\hall', type: 'network' });
  await addPrinter(context, { name: 'not assigned', type: 'iprint', port: 'ipp://10.0.0.8/x' });
  await assignPrinters(context, 'PC', {
    ...{ mode: 'managed', printers: ['laser', '\\\\print\\hall'], default: 'laser' },
  });
  await tellSecrets(context, 'PC', 'test');
}

import type { Context } from '#actions/context.js';
import { changeClientSettings, tellSecrets } from '#actions/manage-client-settings.js';
import { addHost, changeHost } from '#actions/manage-hosts.js';
import { PC_MAC } from './client-world.js';

/** A host for whose client every module has something to do. */
export async function fillHost(context: Context): Promise<void> {
  await addHost(context, 'PC', [PC_MAC], 'test');
  await changeHost(context, 'PC', { productKey: 'AAAAA-BBBBB-CCCCC-DDDDD-EEEEE' });
  await changeClientSettings(context, 'PC', {
    joinDomain: true,
    domain: 'example.org',
    ou: 'OU=Lab,DC=example,DC=org',
    domainUser: 'joiner',
    domainPassword: 'of the joiner',
  });
  await tellSecrets(context, 'PC', 'test');
}

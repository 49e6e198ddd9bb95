import { offerSnapins } from '#actions/offer-snapins.js';
import { serverUrl } from '#boot/server.js';
import type { ClientModule } from './module.js';

/** Fetches and runs the snapins of the host, and reports each (spec client-protocol 5). */
export const snapinClient: ClientModule = {
  key: 'snapinclient',
  tell: (context, { host, task, server, key }) =>
    offerSnapins(context, host, task, serverUrl(server, 'fog'), key),
  // Arguments may hold a key, and addresses have a secret.
  secrets: ['snapins'],
};

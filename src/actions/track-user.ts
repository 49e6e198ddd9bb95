import { switchedOff } from '#client-modules/compose.js';
import { loginName } from '#domain/user-name.js';
import { sourceNetwork } from '#source-network.js';
import { LOGIN_ACTIONS } from '#store/logins.js';
import type { Context } from './context.js';
import { findClient } from './find-client.js';

export interface LoginReport {
  readonly macs: readonly string[];
  readonly action: string;
  readonly user: string;
  readonly address: string;
}

/**
 * A FOG Client says that somebody logged in or out. Anybody can say so who names its MAC (spec client-protocol 10.2): it is a hint, and there is an end
 * to how often it is listened to. Gives FOG's word for what is wrong; undefined when it is kept, and durable.
 */
export async function trackUser(
  context: Context,
  { macs, action: word, user: text, address }: LoginReport,
): Promise<string | undefined> {
  const { store, logins, clients, clientLimits, clock } = context;
  const match = findClient(context, macs);
  if (match.kind === 'none') return match.code;
  const { host } = match;
  // Clients go on telling when they were told that it is off (spec client-protocol 7.4).
  const off = switchedOff(context, 'usertracker', clients.modulesOff(host.id));
  if (off !== undefined) return off;
  const action = LOGIN_ACTIONS.find((one) => one === word.toLowerCase());
  if (action === undefined) return 'er';
  const user = loginName(text);
  if (user === '') return 'us';
  const { logins: ofSource, loginsOfHost } = clientLimits;
  if (!loginsOfHost.take(`${host.id} ${sourceNetwork(address)}`) || !ofSource.take(sourceNetwork(address)))
    return 'er';
  await store.commit(() => logins.add(host.id, user, action, clock.now()));
  return undefined;
}

import type { Context } from '#actions/context.js';
import { isSecretTime, passwordOwner, qualifiedUser } from '#domain/client-settings.js';
import { primaryMac } from '#domain/host.js';
import { isMachineName } from '#domain/host-name.js';
import type { ClientModule, ModuleAnswer, Poll } from './module.js';

/**
 * Renames the machine, joins it to its domain and gives Windows its key (spec client-protocol 6). A client that is told of no domain leaves the
 * one that it is in alone, and then its name, too.
 */
export const hostnameChanger: ClientModule = {
  key: 'hostnamechanger',
  secrets: ['ADPass', 'Key'],
  tell: (context, poll) => {
    const { host, own } = poll;
    const everyday = {
      enforce: own.enforce ?? context.settings.client.enforce,
      // A name that a machine cannot take would restart it at each poll for ever.
      hostname: isMachineName(host.name) ? host.name : '',
      AD: false,
      ADDom: '',
      ADOU: '',
      ADUser: '',
      ADPass: '',
    };
    const hasSecrets = own.joinDomain || host.productKey !== '';
    return hasSecrets ? withSecrets(context, poll, everyday) : everyday;
  },
};

/** What the client is told where it may hear the password and the key; else the everyday. */
async function withSecrets(context: Context, poll: Poll, everyday: ModuleAnswer): Promise<ModuleAnswer> {
  const { host, own } = poll;
  if (!(await mayHear(context, poll))) return everyday;
  const password = own.joinDomain ? context.clientSettings.domainPassword(host.id) : null;
  return {
    ...everyday,
    ...(password !== null && {
      AD: true,
      ADDom: own.domain,
      ADOU: own.ou,
      ADUser: qualifiedUser(own.domainUser, own.domain),
      ADPass: await context.secrets.open(password, passwordOwner(host)),
    }),
    ...(host.productKey !== '' && { Key: host.productKey.toUpperCase() }),
  };
}

/**
 * Right after a deploy anybody can become the client of a host who names its MAC: so secrets go only to an address that is not known to be
 * another machine's, as tasks do.
 */
async function mayHear(context: Context, { host, own, address }: Poll): Promise<boolean> {
  const { settings, clock, neighbour, leases, recorder } = context;
  const now = clock.now();
  if (!isSecretTime(host, own, settings.client.secret_hours, now)) return false;
  const owner = (await neighbour(address)) ?? leases.macOf(address, now);
  const isOwn =
    owner === undefined
      ? settings.boot.unverified_clients === 'allow' || address === '127.0.0.1'
      : host.macs.some(({ mac, pending }) => mac === owner && !pending);
  if (isOwn) return true;
  recorder.record({
    service: 'client',
    event: 'client-secrets-withheld',
    outcome: 'refused',
    who: { mac: primaryMac(host), ip: address },
    reasons: [
      owner === undefined
        ? 'this machine is behind a router, and boot.unverified_clients does not allow it'
        : `the address ${address} belongs to ${owner}, which is not this machine`,
    ],
  });
  return false;
}

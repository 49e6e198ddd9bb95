import { switchedOff } from '#client-modules/compose.js';
import { CLIENT_MODULES } from '#client-modules/index.js';
import { isModuleKey, MODULE_KEYS, type ModuleKey } from '#domain/client-module.js';
import type { ClientView } from '#domain/client-view.js';
import { type Host, primaryMac } from '#domain/host.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { findGroup } from './manage-groups.js';
import { findHost } from './manage-hosts.js';

/** Throws HOST_UNKNOWN. */
export function describeClient(context: Context, key: string): ClientView {
  const { clients, clientSessions, clientContacts } = context;
  const host = findHost(context, key);
  const trust = clients.trust(host.id);
  const poll = clientContacts.get(host.id);
  const contact = poll ?? clients.contact(host.id);
  const off = clients.modulesOff(host.id);
  const refusal = clientContacts.refusal(host.id);
  return {
    host: host.name,
    trust: host.pending ? 'pending' : !trust ? 'unknown' : trust.presented === null ? 'new' : 'trusted',
    trustedSince: trust?.since ?? null,
    handshakeAt: trust?.renewedAt ?? null,
    handshakeFrom: trust?.address ?? null,
    refusal: refusal ? { at: refusal.at, from: refusal.address, reason: refusal.reason } : null,
    sessionUntil: clientSessions.get(host.id)?.expiresAt ?? null,
    contactAt: contact?.at ?? null,
    contactFrom: contact?.address ?? null,
    versionLine: contact?.line || null,
    modules: MODULE_KEYS.map((module) => ({ module, state: moduleState(context, module, off) })),
    told: poll?.told === undefined ? null : (JSON.parse(poll.told) as Record<string, unknown>),
  };
}

function moduleState(context: Context, key: ModuleKey, off: readonly string[]) {
  if (!CLIENT_MODULES.some((one) => one.key === key)) return 'absent';
  const why = switchedOff(context, key, off);
  return why === undefined ? 'on' : why === 'ng' ? 'off everywhere' : 'off for this host';
}

/**
 * Resets the encryption data of a host (FOG's word for it): the next machine that comes as it is trusted. For one that was installed anew.
 * Throws HOST_UNKNOWN. Resolves when durable.
 */
export async function resetClient(context: Context, key: string, actor: string): Promise<string[]> {
  return await reset(context, [findHost(context, key)], actor);
}

/** The same for all hosts of a group; gives their names. Throws GROUP_UNKNOWN or GROUP_EMPTY. */
export async function resetClients(context: Context, group: string, actor: string): Promise<string[]> {
  const members = context.groups.members(findGroup(context, group).id);
  const hosts = members.flatMap((id) => context.hosts.byId(id) ?? []);
  if (hosts.length === 0) throw actionErrors.GROUP_EMPTY({ name: group });
  return await reset(context, hosts, actor);
}

async function reset(context: Context, hosts: readonly Host[], actor: string): Promise<string[]> {
  await context.store.commit(() => {
    for (const { id } of hosts) context.clients.forgetTrust(id);
  });
  for (const host of hosts) {
    context.clientSessions.end(host.id);
    context.clientContacts.accepted(host.id);
    context.recorder.record({
      service: 'fogd',
      event: 'client-reset',
      outcome: 'answered',
      who: { mac: primaryMac(host) },
      reasons: [],
      facts: { actor },
    });
  }
  return hosts.map(({ name }) => name);
}

/** Throws HOST_UNKNOWN or CLIENT_MODULE_UNKNOWN. Resolves when durable. */
export async function switchClientModule(
  context: Context,
  key: string,
  module: string,
  on: boolean,
): Promise<ClientView> {
  const host = findHost(context, key);
  if (!isModuleKey(module))
    throw actionErrors.CLIENT_MODULE_UNKNOWN({ module, modules: MODULE_KEYS.join(', ') });
  await context.store.commit(() => context.clients.switchModule(host.id, module, on));
  return describeClient(context, host.name);
}

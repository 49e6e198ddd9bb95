import type { ClientSession } from '#clients/sessions.js';
import { clientMacs, type Host } from '#domain/host.js';
import { matchHost } from '#domain/match-host.js';
import type { Context } from './context.js';

/** FOG's words for what is wrong (spec client-protocol 2.4). */
export type ClientCode = 'im' | 'ih' | 'er';

export type ClientMatch =
  | { readonly kind: 'one'; readonly host: Host }
  | { readonly kind: 'none'; readonly code: ClientCode; readonly reason: string };

/** Which host a FOG Client is, by the MACs that it lists (spec client-protocol 2.8). Who waits for approval is nobody yet. */
export function findClient(context: Context, macs: readonly string[]): ClientMatch {
  const own = ownMacs(context, macs);
  if (own.length === 0) return { kind: 'none', code: 'im', reason: 'it names no MAC address that counts' };
  const match = matchHost(context.hosts.byMacs(own), own, clientMacs);
  if (match.kind === 'none') return { kind: 'none', code: 'ih', reason: 'it is no host' };
  if (match.kind === 'ambiguous') {
    const names = match.hosts.map(({ name }) => name).join(', ');
    return { kind: 'none', code: 'er', reason: `its MAC addresses belong to several hosts: ${names}` };
  }
  return match.host.pending
    ? { kind: 'none', code: 'ih', reason: `the host ${match.host.name} waits for approval` }
    : match;
}

/** Without those that are nobody's own, such as docking stations'. */
export function ownMacs({ settings }: Pick<Context, 'settings'>, macs: readonly string[]): string[] {
  const ignored = settings.registration.ignore_macs;
  return macs.filter((mac) => !ignored.some((part) => mac.includes(part.toLowerCase())));
}

export type ClientState =
  | { readonly kind: 'session'; readonly host: Host; readonly session: ClientSession }
  /** It must make a handshake first: `#!ihc`. */
  | { readonly kind: 'no-session'; readonly host: Host }
  | { readonly kind: 'none'; readonly code: ClientCode; readonly reason: string };

/** The live session of the client that lists these MACs, for a call that is answered with its key. That it lists them proves nothing: what it is told must be sealed with the key. */
export function currentSession(context: Context, macs: readonly string[]): ClientState {
  const match = findClient(context, macs);
  if (match.kind === 'none') return match;
  const { host } = match;
  const session = context.clientSessions.use(host.id);
  return session ? { kind: 'session', host, session } : { kind: 'no-session', host };
}

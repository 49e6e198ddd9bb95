import type { BootServer } from '#boot/server.js';
import { composeAnswer } from '#client-modules/compose.js';
import { pollFacts } from '#client-modules/poll-facts.js';
import type { Host } from '#domain/host.js';
import type { Context } from './context.js';
import { type ClientState, currentSession } from './find-client.js';

export interface PollCall {
  readonly macs: readonly string[];
  readonly address: string;
  readonly server: BootServer;
}

export type Told =
  | {
      readonly kind: 'told';
      readonly host: Host;
      readonly key: Buffer;
      readonly text: string;
      /** Modules that are told something else than at the poll before; none where nothing is known of that. */
      readonly changed: readonly string[];
      readonly problems: readonly string[];
    }
  | Exclude<ClientState, { kind: 'session' }>;

/** What a client is told at its poll. That it lists its MACs changes nothing of what fogd knows of the machine. */
export async function pollClient(context: Context, { macs, address, server }: PollCall): Promise<Told> {
  const state = context.store.read(() => {
    const found = currentSession(context, macs);
    if (found.kind !== 'session') return found;
    const { kind, host, session } = found;
    return { kind, host, session, facts: pollFacts(context, host) };
  });
  if (state.kind === 'none') return state;
  const { clientContacts: contacts, clock } = context;
  const { host } = state;
  const before = contacts.get(host.id)?.told;
  if (state.kind === 'no-session') {
    contacts.note(host.id, { at: clock.now(), address });
    return state;
  }
  const { key } = state.session;
  const { own, task, plans, off } = state.facts;
  const poll = { own, task, plans, off, host, address, server, key };
  const { text, told, problems } = await composeAnswer(context, poll);
  contacts.note(host.id, { at: clock.now(), address, told });
  return {
    kind: 'told',
    host,
    key,
    text,
    problems,
    changed: before === undefined || before === told ? [] : changedModules(before, told),
  };
}

function changedModules(before: string, now: string): string[] {
  const [old, fresh] = [before, now].map((text) => JSON.parse(text) as Record<string, unknown>);
  const keys = new Set([...Object.keys(old ?? {}), ...Object.keys(fresh ?? {})]);
  return [...keys].filter((key) => JSON.stringify(old?.[key]) !== JSON.stringify(fresh?.[key]));
}

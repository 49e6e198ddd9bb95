import type { Context } from '#actions/context.js';
import type { ModuleKey } from '#domain/client-module.js';
import { messageOf } from '#errors.js';
import { CLIENT_MODULES } from './index.js';
import type { ClientModule, ModuleAnswer, Poll } from './module.js';

export interface Composed {
  /** The JSON that is sealed. */
  readonly text: string;
  /** The same for people: without secrets. */
  readonly told: string;
  /** Modules that could not say what they had to; one sentence each. */
  readonly problems: readonly string[];
}

/** The client ignores that these are off, and does nothing only where the name is missing (spec client-protocol 7.4). */
const OMITTED_WHEN_OFF: readonly ModuleKey[] = ['usertracker'];
const HIDDEN = '(not shown)';

/**
 * Everything that a client is told in one poll (spec client-protocol 3.5): an object for each module, whatever becomes of it, and nothing for those that
 * ignore that they are off.
 */
export async function composeAnswer(
  context: Context,
  poll: Poll,
  modules: readonly ClientModule[] = CLIENT_MODULES,
): Promise<Composed> {
  const answers: Partial<Record<ModuleKey, ModuleAnswer>> = {};
  const shown: Partial<Record<ModuleKey, ModuleAnswer>> = {};
  const problems: string[] = [];
  let hides = false;
  for (const { key, tell, secrets } of modules) {
    const why = switchedOff(context, key, poll.off);
    if (why !== undefined) {
      if (!OMITTED_WHEN_OFF.includes(key)) answers[key] = shown[key] = { error: why };
      continue;
    }
    try {
      const told = tell(context, poll);
      const answer = told instanceof Promise ? await told : told;
      answers[key] = answer;
      shown[key] = secrets ? withoutSecrets(answer, secrets) : answer;
      hides ||= shown[key] !== answer;
    } catch (error) {
      answers[key] = shown[key] = { error: 'er' };
      problems.push(`${key}: ${messageOf(error)}`);
    }
  }
  const text = JSON.stringify(answers);
  return { text, told: hides ? JSON.stringify(shown) : text, problems };
}

/** FOG's word for why a module is off, everywhere before this host (spec client-protocol 2.4); undefined where it is on. */
export function switchedOff(
  { settings }: Context,
  key: ModuleKey,
  offForHost: readonly string[],
): 'ng' | 'nh' | undefined {
  if (!settings.client[key]) return 'ng';
  return offForHost.includes(key) ? 'nh' : undefined;
}

function withoutSecrets(answer: ModuleAnswer, secrets: readonly string[]): ModuleAnswer {
  const present = secrets.filter((name) => answer[name] !== undefined && answer[name] !== '');
  if (present.length === 0) return answer;
  return { ...answer, ...Object.fromEntries(present.map((name) => [name, HIDDEN])) };
}

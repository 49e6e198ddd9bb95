import { createHash, timingSafeEqual } from 'node:crypto';
import { type ApiToken, allows, isGrant, isTokenName, TOKEN_BYTES, TOKEN_PREFIX } from '#domain/token.js';
import type { Page, PageQuery } from '#store/page.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';

/** Tokens of the API. All throw errors of the catalogue, none of which has a token in it, and resolve when durable. */

/** Who calls the API. */
export interface Caller {
  /** `cli`, or `token:NAME`. */
  readonly actor: string;
  readonly scopes: readonly string[];
}

/** On the control socket: its peer is the owner of the state folder. */
export const OWNER: Caller = { actor: 'cli', scopes: ['*'] };

const USED_EVERY_MS = 60_000;

export interface TokenOrder {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Milliseconds since the epoch; default: never. */
  readonly expiresAt?: number;
}

/** `token` is told this one time. A caller gives no more than it has. Throws TOKEN_BAD, TOKEN_EXISTS, TOKEN_BEYOND. */
export async function addToken(
  context: Context,
  { name, scopes, expiresAt }: TokenOrder,
  caller: Caller,
): Promise<ApiToken & { readonly token: string }> {
  const { store, tokens, clock, random } = context;
  if (!isTokenName(name))
    throw bad('its name has 1 to 40 letters, digits, . _ @ and -, beginning with a letter or a digit');
  const unknown = scopes.find((scope) => !isGrant(scope));
  if (unknown !== undefined) throw bad(`there is no scope ${unknown}`);
  if (expiresAt !== undefined && expiresAt <= clock.now()) throw bad('it would have expired already');
  const beyond = scopes.find((scope) => !allows(caller.scopes, scope));
  if (beyond !== undefined) throw actionErrors.TOKEN_BEYOND({ scope: beyond });
  const token = `${TOKEN_PREFIX}${random(TOKEN_BYTES).toString('base64url')}`;
  return store.commit(() => {
    if (tokens.byName(name)) throw actionErrors.TOKEN_EXISTS({ name });
    tokens.add({
      name,
      hash: hashOf(token),
      scopes: [...new Set(scopes)],
      createdAt: clock.now(),
      createdBy: caller.actor,
      expiresAt: expiresAt ?? null,
    });
    return { ...findToken(context, name), token };
  });
}

export function listTokens({ tokens }: Context, query: PageQuery): Page<ApiToken> {
  return tokens.page(query);
}

/** Throws TOKEN_UNKNOWN. */
export async function removeToken(context: Context, name: string): Promise<ApiToken> {
  return context.store.commit(() => {
    const token = findToken(context, name);
    context.tokens.remove(token.id);
    return token;
  });
}

function findToken({ tokens }: Context, name: string): ApiToken {
  const token = tokens.byName(name);
  if (!token) throw actionErrors.TOKEN_UNKNOWN({ name });
  return token;
}

function bad(reason: string) {
  return actionErrors.TOKEN_BAD({ reason });
}

/**
 * Whose token that is. It is found by its hash, so that how long that takes tells nothing of the token. Throws TOKEN_WRONG, TOKEN_EXPIRED, and
 * TOKEN_LIMITED after too many wrong ones from an address.
 */
export async function callerOfToken(context: Context, text: string, address: string): Promise<Caller> {
  const { store, tokens, tokenLimit, clock } = context;
  const seconds = tokenLimit.waitSeconds(address);
  if (seconds > 0) throw actionErrors.TOKEN_LIMITED({ seconds });
  const hash = hashOf(text);
  const found = tokens.byHash(hash);
  if (!found || !timingSafeEqual(found.hash, hash)) {
    tokenLimit.failed(address);
    throw actionErrors.TOKEN_WRONG({});
  }
  const { id, name, scopes, expiresAt, lastUsedAt } = found.token;
  const now = clock.now();
  if (expiresAt !== null && expiresAt <= now) throw actionErrors.TOKEN_EXPIRED({ name });
  if (now - (lastUsedAt ?? 0) >= USED_EVERY_MS) await store.commitGrouped(() => tokens.used(id, now));
  return { actor: `token:${name}`, scopes };
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

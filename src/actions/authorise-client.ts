import { createHash, createHmac } from 'node:crypto';
import type { ClientSession } from '#clients/sessions.js';
import { type ClientTrust, judgeToken } from '#domain/client-trust.js';
import type { Host } from '#domain/host.js';
import { sourceNetwork } from '#source-network.js';
import type { Context } from './context.js';
import { type ClientCode, findClient } from './find-client.js';
import { notePendingMacs } from './pending-macs.js';

export interface Handshake {
  readonly macs: readonly string[];
  /** Hexadecimal, as they were sent. */
  readonly sealedKey: string;
  readonly sealedToken: string;
  readonly address: string;
}

export type Authorisation =
  | {
      readonly kind: 'authorised';
      readonly host: Host;
      readonly session: ClientSession;
      /** `again`: the very same call once more. */
      readonly how: 'first' | 'renewed' | 'repeated' | 'again';
      /** It had no session just before: fogd or the client was started anew, or it was away. */
      readonly wasAway: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly code: ClientCode | 'ist';
      readonly reason: string;
      readonly host?: Host;
    };

const TOKEN_BYTES = 64;
const SALT_BYTES = 16;
/** A client that has just been started tries for eight minutes (spec client-protocol 2.6). */
const FIRST_MS = 10 * 60_000;
/** RSA of 8192 bits, and nothing above. */
const SEALED = /^(?:[0-9a-fA-F]{2}){64,1024}$/;

/**
 * A handshake of FOG Client (spec client-protocol 2.2, 2.3). Other than FOG's server, a call that fails changes nothing: whoever can name a
 * MAC could end its session. Whatever is wrong with an encrypted value looks like a wrong token, or like success to who cannot use it.
 * Resolves when durable.
 */
export async function authoriseClient(context: Context, call: Handshake): Promise<Authorisation> {
  const { unwrapper, clock, clientContacts: contacts } = context;
  const { clientSessions: sessions, clientLimits: limits } = context;
  const match = findClient(context, call.macs);
  if (match.kind === 'none') return { ...match, kind: 'refused' };
  const { host } = match;
  const refused = (code: ClientCode | 'ist', reason: string): Authorisation => {
    if (code !== 'ih') contacts.refused(host.id, { at: clock.now(), address: call.address, reason });
    return { kind: 'refused', code, reason, host };
  };
  const source = sourceNetwork(call.address);
  if (!limits.handshakesOfHost.take(`${source} ${host.id}`) || !limits.handshakes.take(source))
    return refused('er', 'too many handshakes from there');
  if (!SEALED.test(call.sealedKey) || !SEALED.test(call.sealedToken))
    return refused('ist', 'what it sent is not encrypted to the key of this server');
  const sealedToken = Buffer.from(call.sealedToken, 'hex');
  const opened = await unwrapper.unwrap(source, Buffer.from(call.sealedKey, 'hex'), sealedToken);
  if (opened.kind === 'busy') return refused('er', 'too many handshakes wait');
  if (opened.kind === 'malformed')
    return refused('ist', 'what it sent is not encrypted to the key of this server');

  const proof = sha256(sealedToken);
  const live = sessions.get(host.id);
  const wasAway = live === undefined;
  // .NET sends a call again by itself when the connection breaks before the answer.
  if (live && live.proof === proof && live.key.equals(opened.key))
    return { kind: 'authorised', host, session: live, how: 'again', wasAway };

  const { how, token } = await context.store.commit((): Settled => {
    const now = findClient(context, call.macs);
    return now.kind === 'one' && now.host.id === host.id
      ? settle(context, now.host, opened.token, proof, call, live)
      : { how: 'gone' };
  });
  if (token === undefined) return refused(how === 'gone' ? 'ih' : 'ist', WRONG[how]);
  const { address } = call;
  const isFirst = how === 'first';
  const session = sessions.begin(host.id, { key: opened.key, token, proof, address, isFirst });
  contacts.accepted(host.id);
  return { kind: 'authorised', host, session, how, wasAway };
}

const WRONG = {
  wrong:
    'its security token is wrong: it was installed anew, or another machine has its MAC; if it may be trusted: fogd client reset',
  replayed: 'somebody sent a recorded handshake again',
  // Its number may be another's by now.
  gone: 'while it was decrypted, its host was removed or its MAC addresses became those of another',
} as const;

type Settled =
  | { readonly how: 'first' | 'renewed' | 'repeated'; readonly token: Buffer }
  | { readonly how: 'wrong' | 'replayed' | 'gone'; readonly token?: undefined };

function settle(
  { clients, hosts, clock, random, settings }: Context,
  host: Host,
  presented: Buffer,
  proof: string,
  { address, macs }: Handshake,
  live: ClientSession | undefined,
): Settled {
  const now = clock.now();
  const trust = clients.trust(host.id);
  const verdict = judgeToken(trust, sha256(presented), proof);
  const keep = (kept: Omit<ClientTrust, 'renewedAt' | 'address'>) =>
    clients.keepTrust(host.id, { ...kept, renewedAt: now, address });

  if (verdict === 'renewed' && trust) {
    const salt = random(SALT_BYTES);
    const token = nextToken(presented, salt);
    keep({ presented: trust.given, given: sha256(token), salt, proofs: [proof], since: trust.since });
    // It has shown who it is, so its other adapters are worth a look by a person.
    notePendingMacs({ hosts, settings }, host, macs);
    return { how: 'renewed', token };
  }
  if (verdict === 'repeated' && trust) {
    keep({ ...trust, proofs: [...trust.proofs, proof] });
    return { how: 'repeated', token: nextToken(presented, trust.salt) };
  }
  // Its answer was lost, and it has no token that could tell who it is.
  const isUnheard = live?.isFirst === true && !live.isHeard && live.address === address;
  if (isUnheard && verdict === 'wrong') return { how: 'first', token: live.token };
  // So was that of one that came just before fogd was started anew.
  const wasCutOff =
    live === undefined &&
    trust?.presented === null &&
    trust.address === address &&
    now - trust.since < FIRST_MS &&
    !trust.proofs.includes(proof);
  if (verdict !== 'first' && !wasCutOff) return { how: verdict === 'replayed' ? 'replayed' : 'wrong' };
  const token = random(TOKEN_BYTES);
  const since = trust?.since ?? now;
  keep({ presented: null, given: sha256(token), salt: random(SALT_BYTES), proofs: [proof], since });
  return { how: 'first', token };
}

/** Only who has the token that was presented can make it: what the store holds is not enough. */
function nextToken(presented: Buffer, salt: Buffer): Buffer {
  return createHmac('sha512', presented).update(salt).digest();
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

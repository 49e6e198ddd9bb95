/**
 * By what a FOG Client is known (spec client-protocol 2.1, 2.6): the token that it presented last and the one that it was given for it.
 * Hashes are SHA-256 in hexadecimal.
 */
export interface ClientTrust {
  /** null where it came for the first time: then any token was good. */
  readonly presented: string | null;
  readonly given: string;
  /** With the token that was presented, it makes the token that was given. */
  readonly salt: Buffer;
  /** Of the encrypted tokens that were taken since the last new one: each is good once. */
  readonly proofs: readonly string[];
  /** Milliseconds since the epoch: of the first contact, and of the last handshake. */
  readonly since: number;
  readonly renewedAt: number;
  /** From where the last handshake came. */
  readonly address: string;
}

export type TokenVerdict =
  /** Nothing is known of it, or its encryption data were reset: whoever comes is trusted from now on. */
  | 'first'
  /** It has what it was given: it gets a new token. */
  | 'renewed'
  /** It has the token before: the answer that held the new one was lost. It gets the same again. */
  | 'repeated'
  | 'wrong'
  /** An encrypted token that was taken before: recorded by somebody, since the padding of each one is random. */
  | 'replayed';

/** `token` and `proof`: hashes of the token, and of its encrypted form as it was sent. */
export function judgeToken(trust: ClientTrust | undefined, token: string, proof: string): TokenVerdict {
  if (!trust) return 'first';
  if (token === trust.given) return 'renewed';
  if (token !== trust.presented) return 'wrong';
  return trust.proofs.includes(proof) ? 'replayed' : 'repeated';
}

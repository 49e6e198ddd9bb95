import type { Clock } from '#daemon/clock.js';
import { SAME_CYCLE_MS } from './cycle.js';

/** Between a FOG Client and fogd, since a handshake. Only in memory: a restart ends it, and the client makes another (spec client-protocol 2.6). */
export interface ClientSession {
  /** AES-256. */
  readonly key: Buffer;
  /** What the client was given in the handshake, 64 bytes. */
  readonly token: Buffer;
  /** SHA-256 of the encrypted token that was taken for it. */
  readonly proof: string;
  /** From where the handshake came. */
  readonly address: string;
  /** Nobody was known before. */
  readonly isFirst: boolean;
  readonly begunAt: number;
  readonly expiresAt: number;
  /** The client went on right after the handshake, so the answer to it has arrived. */
  readonly isHeard: boolean;
}

/** FOG's own. A client may wait for two minutes before its next handshake: much less would leave it without a session half of the time. */
const LIFE_MS = 30 * 60_000;

/** The sessions of all clients, by the number of their host. */
export class ClientSessions {
  readonly #sessions = new Map<number, ClientSession>();

  constructor(private readonly clock: Clock) {}

  /** The live one. */
  get(hostId: number): ClientSession | undefined {
    const session = this.#sessions.get(hostId);
    return session && this.clock.now() < session.expiresAt ? session : undefined;
  }

  /**
   * The live one, for a call of the client that is answered with its key. A client goes on at once after its handshake. One that comes only
   * a cycle later has not got the answer and still has the key before: it would take what it is sent for garbage, and never ask for another
   * handshake by itself.
   */
  use(hostId: number): ClientSession | undefined {
    const session = this.get(hostId);
    if (!session || session.isHeard) return session;
    if (this.clock.now() - session.begunAt >= SAME_CYCLE_MS) return undefined;
    this.#sessions.set(hostId, { ...session, isHeard: true });
    return session;
  }

  begin(
    hostId: number,
    session: Pick<ClientSession, 'key' | 'token' | 'proof' | 'address' | 'isFirst'>,
  ): ClientSession {
    const begunAt = this.clock.now();
    const begun = { ...session, begunAt, expiresAt: begunAt + LIFE_MS, isHeard: false };
    this.#sessions.set(hostId, begun);
    return begun;
  }

  end(hostId: number): void {
    this.#sessions.delete(hostId);
  }
}

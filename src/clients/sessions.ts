import type { Clock } from '#daemon/clock.js';

/** Between a FOG Client and fogd, since a handshake. Only in memory: a restart ends it, and the client makes another (spec client-protocol 2.6). */
export interface ClientSession {
  /** AES-256. */
  readonly key: Buffer;
  /** What the client was given in the handshake, 64 bytes. */
  readonly token: Buffer;
  /** SHA-256 of the encrypted token that was taken for it. */
  readonly proof: string;
  readonly expiresAt: number;
  /** Nobody was known before, and nothing shows yet that the answer arrived: from this address it may be asked for again. */
  readonly unheard?: string;
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

  begin(hostId: number, session: Omit<ClientSession, 'expiresAt'>): void {
    this.#sessions.set(hostId, { ...session, expiresAt: this.clock.now() + LIFE_MS });
  }

  /** The client went on with it: the answer to its handshake has arrived. */
  heard(hostId: number, session: ClientSession): void {
    if (session.unheard === undefined) return;
    const { unheard: _, ...rest } = session;
    this.#sessions.set(hostId, rest);
  }

  end(hostId: number): void {
    this.#sessions.delete(hostId);
  }
}

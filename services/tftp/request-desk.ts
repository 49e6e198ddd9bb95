import type { Clock } from '#daemon/clock.js';
import { messageOf } from '#errors.js';
import type { Recorder } from '#trace/decision.js';
import { Admission } from './admission.js';
import { decide, type Serve } from './decide.js';
import type { Library } from './library.js';
import { agree } from './options.js';
import { decode, ErrorCode, encode, type Malformed, type Packet, type RequestPacket } from './packet.js';
import type { PortPool } from './port-pool.js';
import { type Refusal, refusalRecord, sentRecord } from './records.js';
import { Session } from './session.js';
import { type Endpoint, type Peer, peerKey } from './sockets.js';
import { Turns } from './turns.js';

export interface DeskDeps {
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly library: Library;
  readonly maxBlockSize: number;
  readonly maxWindowSize: number;
  /** The range, as people read it. */
  readonly ports: string;
  readonly turns?: Turns;
}

/** A local address as the desk sees it. */
export interface Local {
  readonly address: string;
  /** Hears the requests. */
  readonly listener: Endpoint;
  readonly pool: PortPool<Session>;
  /** What runs for each client address and port. */
  readonly sessions: Map<number | string, Session>;
  /** The request of each client address and port that waits for its turn. */
  readonly waiting: Map<number | string, Buffer>;
}

/** Where each datagram goes: to its transfer, to a new one, or back with an error. */
export class RequestDesk {
  readonly #admission = new Admission();
  readonly #turns: Turns;
  #isOpen = false;
  readonly #counts = { received: 0, requests: 0, ofTransfers: 0, strange: 0 };

  constructor(private readonly deps: DeskDeps) {
    this.#turns = deps.turns ?? new Turns();
  }

  /** Requests being opened and transfers that run. */
  get transfers(): number {
    return this.#admission.size;
  }

  /**
   * Packets that had their turn so far, each counted once more by what it was: a request that has or will have its own record, a packet of
   * a transfer that runs or ended lately (copies of its request included), or one that belongs to nothing and has its own record.
   */
  get counts(): Readonly<Record<'received' | 'requests' | 'ofTransfers' | 'strange', number>> {
    return this.#counts;
  }

  open(): void {
    this.#isOpen = true;
  }

  /** From here on only running transfers are served; a client that asks now asks again, and finds the next server. */
  close(): void {
    this.#isOpen = false;
  }

  receive(local: Local, endpoint: Endpoint, bytes: Buffer, peer: Peer): void {
    const packet = decode(bytes);
    const isForListener = endpoint === local.listener && peer.port !== 0;
    if (isForListener && (packet.kind === 'read' || packet.kind === 'write'))
      this.#askedFor(local, peer, packet, bytes);
    else this.#turns.take('of-transfer', () => this.#other(local, endpoint, peer, packet));
  }

  /** A copy of a request belongs to its transfer: overtaken by the ACKs of that it would begin another. */
  #askedFor(local: Local, peer: Peer, request: RequestPacket, bytes: Buffer): void {
    const key = peerKey(peer);
    if (local.waiting.get(key)?.equals(bytes)) {
      this.#counts.received++;
      this.#counts.ofTransfers++;
      return;
    }
    local.waiting.set(key, bytes);
    this.#turns.take(local.sessions.has(key) ? 'of-transfer' : 'request', () => {
      local.waiting.delete(key);
      this.#request(local, peer, request);
    });
  }

  #other(local: Local, endpoint: Endpoint, peer: Peer, packet: Packet | Malformed): void {
    this.#counts.received++;
    const session = local.pool.find(endpoint, peer);
    if (session) session.receive(packet);
    if (session || local.pool.hasEnded(endpoint, peer)) this.#counts.ofTransfers++;
    else this.#stranger(endpoint, peer, packet);
  }

  #stranger(endpoint: Endpoint, peer: Peer, packet: Packet | Malformed): void {
    this.#counts.strange++;
    const ignored = (reason: string): void =>
      this.#refuse(peer, { event: 'malformed', outcome: 'ignored', reasons: [reason] });
    if (peer.port === 0) {
      // Legal on the wire (RFC 768: no answer wanted) and impossible to send to.
      ignored('the packet came from port 0, which nothing can be sent to');
    } else if (packet.kind === 'error') {
      // Never answered (RFC 1350 section 7): two servers would talk for ever.
      ignored('an ERROR that belongs to no transfer');
    } else if (packet.kind !== 'malformed') {
      this.#answer(endpoint, peer, ErrorCode.UnknownTransfer, 'unknown transfer');
      const reasons = [`${packet.kind.toUpperCase()} to port ${endpoint.port} that belongs to no transfer`];
      this.#refuse(peer, { event: 'malformed', outcome: 'refused', reasons });
    } else if (packet.opcode === 1 || packet.opcode === 2) {
      this.#answer(endpoint, peer, ErrorCode.IllegalOperation, `the request ${packet.reason}`);
      this.#refuse(peer, {
        event: 'malformed',
        outcome: 'refused',
        reasons: [`the request ${packet.reason}`],
      });
    } else ignored(`the packet ${packet.reason}`);
  }

  #request(local: Local, peer: Peer, request: RequestPacket): void {
    this.#counts.received++;
    const key = peerKey(peer);
    const fingerprint = encode(request).toString('latin1');
    const previous = local.sessions.get(key);
    if (previous?.takeCopy(fingerprint)) {
      this.#counts.ofTransfers++;
      return;
    }
    this.#counts.requests++;
    if (previous) {
      previous.restart();
      local.sessions.delete(key);
    }
    const verdict = decide(request);
    if (verdict.kind === 'refuse') {
      this.#reject(local, peer, verdict.code, verdict.message);
      const { event, reasons, file } = verdict;
      this.#refuse(peer, { event, outcome: 'refused', reasons, facts: { file } });
      return;
    }
    const session = this.#createSession(local, peer, fingerprint);
    const notNow = this.#isOpen
      ? this.#admission.enter(session, peer.address)
      : 'this server is being stopped';
    if (notNow !== undefined) {
      // Firmware gives up on an ERROR and asks again on silence, and by then there may be room.
      this.#refuse(peer, {
        event: 'file-refused',
        outcome: 'ignored',
        reasons: [notNow],
        facts: { file: verdict.file },
      });
      return;
    }
    local.sessions.set(key, session);
    void this.#serve(local, session, request, verdict);
  }

  /** Opens the file and starts the transfer. Never rejects. */
  async #serve(local: Local, session: Session, request: RequestPacket, verdict: Serve): Promise<void> {
    const { peer } = session;
    const { file } = verdict;
    try {
      const opened = await this.deps.library.open(verdict.asked, local.address, verdict.netascii);
      if (session.cancelled !== undefined) {
        if (opened.ok) opened.source.close();
        const reasons = [session.cancelled];
        this.#refuse(peer, { event: 'file-refused', outcome: 'ignored', reasons, facts: { file } });
      } else if (!opened.ok) {
        this.#reject(local, peer, opened.code, opened.message);
        this.#refuse(peer, { event: 'file-refused', ...opened });
      } else {
        const { size } = opened.source;
        const { maxBlockSize, maxWindowSize } = this.deps;
        const plan = { ...agree(request.options, { maxBlockSize, maxWindowSize, size }), size };
        const endpoint = local.pool.place(peer, session);
        if (!endpoint) {
          opened.source.close();
          const reasons = [`no port of ${this.deps.ports} is open on ${local.address}`];
          this.#refuse(peer, { event: 'file-refused', outcome: 'failed', reasons, facts: { file } });
        } else {
          this.#admission.started(session);
          session.start(endpoint, opened.name, opened.source, plan);
        }
      }
    } catch (error) {
      this.#reject(local, peer, ErrorCode.NotDefined, 'this server cannot read the file');
      this.#refuse(peer, {
        event: 'file-refused',
        outcome: 'failed',
        reasons: [messageOf(error)],
        facts: { file },
      });
    }
    if (!session.endpoint) this.#leave(local, session);
  }

  #createSession(local: Local, peer: Peer, fingerprint: string): Session {
    const { clock, recorder, ports } = this.deps;
    return new Session(peer, fingerprint, clock, {
      answered: (session) => this.#admission.answered(session),
      ended: (session, plan, result) => {
        this.#leave(local, session);
        if (session.endpoint) local.pool.release(session.endpoint, peer);
        const sendError = session.endpoint?.sendError;
        recorder.record(sentRecord({ ip: peer.address, file: session.file, plan, result, ports, sendError }));
      },
    });
  }

  #leave(local: Local, session: Session): void {
    this.#admission.leave(session);
    const key = peerKey(session.peer);
    if (local.sessions.get(key) === session) local.sessions.delete(key);
  }

  /** Answers a request with an ERROR. */
  #reject(local: Local, peer: Peer, code: number, message: string): void {
    this.#answer(local.listener, peer, code, message);
    // tftp-hpa acknowledges an ERROR: that is no stranger.
    local.pool.remember(local.listener, peer);
  }

  #answer(endpoint: Endpoint, peer: Peer, code: number, message: string): void {
    endpoint.send(encode({ kind: 'error', code, message }), peer);
  }

  #refuse(peer: Peer, refusal: Refusal): void {
    this.deps.recorder.record(refusalRecord(peer.address, refusal));
  }
}

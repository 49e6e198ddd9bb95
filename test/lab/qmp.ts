/**
 * The control socket of a QEMU process (QMP): tells when the machine resets or powers off, and can pull
 * its plug. Line-based JSON: a greeting, then answers and events.
 */
import { connect, type Socket } from 'node:net';

/** An asynchronous message, e.g. RESET with `{ guest: true, reason: 'guest-reset' }`. */
export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Message {
  event?: string;
  data?: Record<string, unknown>;
  return?: unknown;
  error?: { desc?: string };
}

export class Qmp {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  readonly #onEvent: (event: QmpEvent) => void;
  #rest = '';

  private constructor(socket: Socket, onEvent: (event: QmpEvent) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#receive(text));
    const end = (error?: Error): void => {
      for (const waiting of this.#waiting.splice(0)) waiting.reject(error ?? new Error('QEMU has ended'));
    };
    socket.on('error', end);
    socket.on('close', () => end());
  }

  /** Connects to QEMU's socket (it must be listening) and leaves the negotiation mode. */
  static async open(path: string, onEvent: (event: QmpEvent) => void): Promise<Qmp> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    const qmp = new Qmp(socket, onEvent);
    await qmp.execute('qmp_capabilities');
    return qmp;
  }

  async execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const message = JSON.parse(line) as Message;
      if (message.event) this.#onEvent({ event: message.event, data: message.data ?? {} });
      else if (message.error) this.#waiting.shift()?.reject(new Error(message.error.desc ?? line));
      else if ('return' in message) this.#waiting.shift()?.resolve(message.return);
    }
  }
}

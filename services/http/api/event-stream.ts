import type { ServerResponse } from 'node:http';
import type { LiveEvent } from '#actions/live-events.js';

/** Who reads so slowly that more than this waits for it is cut off; it comes back with the last event that it has. */
const MOST_WAITING = 1_048_576;

/** One reader of live events: an answer that goes on (server-sent events; HTML living standard, 9.2). */
export class EventStream {
  /** What was missed comes at once, however much that is. */
  #mostWaiting = MOST_WAITING;

  constructor(private readonly response: ServerResponse) {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // Its connection is of no use to anybody afterwards, and fogd would wait for it when it stops.
      connection: 'close',
    });
  }

  /** `isReset`: something else was missed that is not known any more. */
  resume(missed: readonly LiveEvent[], isReset: boolean): void {
    const text = `${isReset ? 'event: reset\ndata: {}\n\n' : ''}${missed.map(frame).join('')}`;
    this.#mostWaiting = MOST_WAITING + Buffer.byteLength(text);
    this.#write(text);
  }

  tell(event: LiveEvent): void {
    this.#write(frame(event));
  }

  /** A comment: the reader, and whatever stands between, sees that the connection lives. */
  beat(): void {
    this.#write(':\n\n');
  }

  end(): void {
    this.response.end();
  }

  get isOver(): boolean {
    return this.response.destroyed || this.response.writableEnded;
  }

  #write(text: string): void {
    if (this.isOver || text === '') return;
    if (this.response.writableLength > this.#mostWaiting) this.response.destroy();
    else this.response.write(text);
  }
}

function frame({ id, topic, data }: LiveEvent): string {
  return `id: ${id}\nevent: ${topic}\ndata: ${JSON.stringify(data)}\n\n`;
}

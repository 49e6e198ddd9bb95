import type { ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { type LiveEvents, TOPICS, type Topic } from '#actions/live-events.js';
import type { Clock } from '#daemon/clock.js';
import { allows } from '#domain/token.js';
import { httpErrors } from '../errors.js';
import { type ApiInstance, fields } from './route-types.js';

const HEARTBEAT_MS = 15_000;
const MOST_READERS = 32;
/** Who reads so slowly that more than this waits for it is cut off; it comes back with the last event that it has. */
const MOST_WAITING = 1_048_576;

/** What a token must allow to be told of a topic. */
const SCOPES: Readonly<Record<Topic, string>> = {
  tasks: 'tasks:read',
  trace: 'trace:read',
  alarms: 'status:read',
  hosts: 'hosts:read',
};

const NAMES = TOPICS.join('|');
const Query = fields({
  topics: Type.Optional(
    Type.String({
      pattern: `^(${NAMES})(,(${NAMES}))*$`,
      description: `With commas between them, of ${TOPICS.join(', ')}; default: all that the token may read.`,
    }),
  ),
});

export interface EventOptions {
  readonly events: LiveEvents;
  readonly clock: Clock;
  /** Asked again at each heartbeat: a token may have expired or been removed. */
  readonly callerOf: (request: FastifyRequest) => unknown;
}

/** Live events as server-sent events (HTML living standard, 9.2): `event` is the topic, `data` is JSON. */
export async function eventRoutes(
  app: ApiInstance,
  { events, clock, callerOf }: EventOptions,
): Promise<void> {
  const streams = new Set<ServerResponse>();
  // Streams have no end of their own: the application could not be closed.
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.end();
  });

  app.get(
    '/events',
    {
      exposeHeadRoute: false,
      schema: {
        summary: 'What happens, while it happens; a reader that comes back sends Last-Event-ID',
        description:
          'An event "reset" says that something was missed that is not known any more: read everything anew.',
        querystring: Query,
        response: { 200: Type.String() },
      },
      config: { scope: 'any', streams: true, example: { query: { topics: 'tasks,alarms' } } },
    },
    (request, reply) => {
      const isAllowed = (topic: Topic) => allows(request.caller.scopes, SCOPES[topic]);
      const asked = request.query.topics?.split(',') as Topic[] | undefined;
      const topics = new Set(asked ?? TOPICS.filter(isAllowed));
      const missing = [...topics].find((topic) => !isAllowed(topic));
      if (missing !== undefined || topics.size === 0)
        throw httpErrors.TOKEN_SCOPE({ scope: SCOPES[missing ?? 'tasks'] });
      if (streams.size >= MOST_READERS) throw httpErrors.EVENTS_FULL({ count: streams.size });

      reply.hijack();
      const stream = reply.raw;
      const write = (text: string): void => {
        if (stream.writableLength > MOST_WAITING) stream.destroy();
        else stream.write(text);
      };
      stream.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      const header = request.headers['last-event-id'];
      const after = typeof header === 'string' ? header : undefined;
      const tell = ({ id, topic, data }: Parameters<Parameters<LiveEvents['subscribe']>[1]>[0]): void => {
        if (topics.has(topic)) write(`id: ${id}\nevent: ${topic}\ndata: ${JSON.stringify(data)}\n\n`);
      };
      const { missed, reset, end } = events.subscribe(after, tell);
      let cancelBeat: () => void = () => undefined;
      const beat = (): void => {
        write(':\n\n');
        cancelBeat = clock.after(HEARTBEAT_MS, () => void check());
      };
      const check = async (): Promise<void> => {
        try {
          await callerOf(request);
          if (streams.has(stream)) beat();
        } catch {
          // When it comes back it is told why.
          stream.end();
        }
      };
      streams.add(stream);
      stream.on('close', () => {
        cancelBeat();
        end();
        streams.delete(stream);
      });
      if (reset) write('event: reset\ndata: {}\n\n');
      for (const event of missed) tell(event);
      beat();
    },
  );
}

import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { type LiveEvents, TOPICS, type Topic } from '#actions/live-events.js';
import type { Clock } from '#daemon/clock.js';
import { allows } from '#domain/token.js';
import { httpErrors } from '../errors.js';
import { EventStream } from './event-stream.js';
import { type ApiInstance, fields } from './route-types.js';

const HEARTBEAT_MS = 15_000;
const MOST_READERS = 32;

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

/** Live events as server-sent events: `event` is the topic, `data` is JSON. */
export async function eventRoutes(
  app: ApiInstance,
  { events, clock, callerOf }: EventOptions,
): Promise<void> {
  const streams = new Set<EventStream>();
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
      // Who has gone while its token was looked at will not be told to us again.
      if (reply.raw.destroyed) return;
      const stream = new EventStream(reply.raw);
      const header = request.headers['last-event-id'];
      const { missed, reset, end } = events.subscribe(
        typeof header === 'string' ? header : undefined,
        (event) => {
          if (topics.has(event.topic)) stream.tell(event);
        },
      );
      let cancelBeat: () => void = () => undefined;
      const beat = (): void => {
        stream.beat();
        cancelBeat = clock.after(HEARTBEAT_MS, () => void check());
      };
      const check = async (): Promise<void> => {
        try {
          await callerOf(request);
          if (!stream.isOver) beat();
        } catch {
          // When it comes back it is told why.
          stream.end();
        }
      };
      streams.add(stream);
      reply.raw.on('close', () => {
        cancelBeat();
        end();
        streams.delete(stream);
      });
      stream.resume(
        missed.filter(({ topic }) => topics.has(topic)),
        reset,
      );
      beat();
    },
  );
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerBootRequest } from '#actions/answer-boot-request.js';
import type { Context } from '#actions/context.js';
import { advancedScript } from '#boot/answers.js';
import { defaultScript } from '#boot/default-ipxe.js';
import { type Dialect, parseBootRequest } from '#boot/request.js';
import { ipxeUrl } from '#boot/server.js';
import type { Recorder } from '#trace/decision.js';
import { clientAddress, type ServerAt, serverOf } from '../address.js';
import { parseFields, parseQuery } from '../form.js';
import { type BootFileSource, sendFile } from '../send-file.js';

export interface BootOptions {
  readonly context: Context;
  readonly recorder: Recorder;
  readonly files: BootFileSource;
  readonly serverAt: ServerAt;
}

const REFUSED: ReadonlySet<string> = new Set(['problem', 'login-refused', 'login-asked']);

/** What iPXE asks, under `/fog/service/ipxe/`: the boot script in both dialects, `default.ipxe`, kernel and init. */
export async function bootRoutes(
  app: FastifyInstance,
  { context, recorder, files, serverAt }: BootOptions,
): Promise<void> {
  // Passwords of the boot menu may travel in this query: it never reaches a log, a trace or an error text (design section 7).
  const script = async (
    request: FastifyRequest,
    reply: FastifyReply,
    fields: Map<string, string>,
    dialect: Dialect,
  ) => {
    const bootRequest = parseBootRequest(fields, dialect);
    const answer = await answerBootRequest(
      context,
      bootRequest,
      serverOf(request, serverAt),
      clientAddress(request),
    );
    const [mac] = bootRequest.macs;
    recorder.record({
      service: 'http',
      event: 'script-served',
      outcome: REFUSED.has(answer.kind) ? 'refused' : 'answered',
      who: {
        ip: clientAddress(request),
        ...(mac === undefined ? {} : { mac }),
        ...(bootRequest.uuid === undefined ? {} : { uuid: bootRequest.uuid }),
      },
      reasons: answer.reasons,
      facts: {
        script: answer.kind,
        dialect,
        firmware: bootRequest.firmware,
        ...(answer.host ? { host: answer.host.name } : {}),
        ...(answer.user === undefined ? {} : { user: answer.user }),
        ...(bootRequest.ipxe === undefined ? {} : { ipxe: bootRequest.ipxe }),
      },
    });
    return reply.type('text/plain; charset=utf-8').send(answer.text);
  };

  app.post('/boot.php', (request, reply) =>
    script(request, reply, parseFields(typeof request.body === 'string' ? request.body : ''), 'form'),
  );
  app.get('/boot.php', (request, reply) =>
    script(request, reply, parseQuery(request.url.slice(request.url.indexOf('?') + 1)), 'query'),
  );

  // Public where it asks for no login; what is behind a login is handed out by boot.php only (spec 8.2: FOG's own check always succeeds).
  app.route({
    method: ['GET', 'POST'],
    url: '/advanced.php',
    handler: (request, reply) => {
      const { advanced_script: text, advanced_login: needsLogin } = context.settings.boot;
      const url = ipxeUrl(serverOf(request, serverAt), 'boot.php');
      return reply.type('text/plain; charset=utf-8').send(advancedScript(needsLogin ? '' : text, url));
    },
  });

  app.get('/default.ipxe', (request, reply) => {
    recorder.record({
      service: 'http',
      event: 'default-script-served',
      outcome: 'answered',
      who: { ip: clientAddress(request) },
      reasons: [],
    });
    return reply
      .type('text/plain; charset=utf-8')
      .send(defaultScript(ipxeUrl(serverOf(request, serverAt), 'boot.php')));
  });

  // Named for HEAD too: Fastify's own HEAD routes read the whole file and drop it.
  const sendBootFile = async (request: FastifyRequest<{ Params: { '*': string } }>, reply: FastifyReply) => {
    const name = request.params['*'];
    const file = await files.open(name);
    const who = { ip: clientAddress(request) };
    if (!file) {
      const { reason, nearest } = await files.explain(name);
      recorder.record({
        service: 'http',
        event: 'file-refused',
        outcome: 'refused',
        who,
        reasons: nearest === undefined ? [reason] : [reason, `the nearest name is ${nearest}`],
        facts: { file: name.slice(0, 100), ...(nearest !== undefined && { nearest }) },
      });
      return reply.code(404).type('text/plain; charset=utf-8').send('not found\n');
    }
    const started = context.clock.now();
    return sendFile(request, reply, file, ({ bytes, complete, status }) => {
      const milliseconds = context.clock.now() - started;
      recorder.record({
        service: 'http',
        event: 'file-sent',
        outcome: complete ? 'answered' : 'failed',
        who,
        reasons: complete ? [] : ['the client broke off'],
        facts: { file: name, bytes, milliseconds, status },
      });
    });
  };
  app.route({ method: ['GET', 'HEAD'], url: '/*', handler: sendBootFile });
}

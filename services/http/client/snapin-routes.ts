import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '#actions/context.js';
import { offerSnapins } from '#actions/offer-snapins.js';
import { reportSnapin, type SnapinReport } from '#actions/report-snapin.js';
import { openSnapin, type SnapinFile, snapinSent, snapinStarted } from '#actions/send-snapin.js';
import { serverUrl } from '#boot/server.js';
import { switchedOff } from '#client-modules/compose.js';
import { TaskState } from '#domain/task.js';
import { messageOf } from '#errors.js';
import { parseRange, sendFile } from '../send-file.js';
import { type ClientAnswer, type ClientCall, type ClientEndpoints, problem, route } from './endpoint.js';

/** The snapins of a host (spec client-protocol 5): its list for clients that ask for it alone, the files, and what came of them. */
export function snapinEndpoints(
  app: FastifyInstance,
  desk: ClientEndpoints,
  { context }: { readonly context: Context },
): void {
  desk.call('/service/snapins.checkin.php', (call) => {
    const { fields } = call;
    if (fields.has('taskid') || fields.has('exitcode')) return report(context, call);
    return desk.sealedAnswer(call, (host, key) => {
      const why = switchedOff(context, 'snapinclient', context.clients.modulesOff(host.id));
      if (why !== undefined) return { error: why };
      return offerSnapins(context, host, context.tasks.active(host.id), serverUrl(call.server, 'fog'), key);
    });
  });

  const file = async (request: FastifyRequest, reply: FastifyReply) => {
    const { macs, fields } = desk.read(request);
    const { secret } = request.params as { readonly secret?: string };
    const taskId = fields.get('taskid') ?? '';
    try {
      const found = await openSnapin(context, { macs, taskId, secret });
      return await answerFile(context, desk, request, reply, found);
    } catch (error) {
      // With 200 the client would take the words for the file.
      desk.record(request, { event: 'snapin-refused', outcome: 'failed', reasons: [messageOf(error)] });
      return reply.code(503).type(TEXT).send('not now\n');
    }
  };
  route(app, '/service/snapins.file.php', file);
  // Where the client was told to fetch it: only who read the sealed list knows the secret (spec 10.2).
  route(app, '/x/:secret/service/snapins.file.php', file);
}

const TEXT = 'text/plain; charset=utf-8';

async function answerFile(
  context: Context,
  desk: ClientEndpoints,
  request: FastifyRequest,
  reply: FastifyReply,
  found: SnapinFile,
): Promise<FastifyReply> {
  if (found.kind === 'refused') {
    const { reason, host } = found;
    desk.record(request, {
      event: 'snapin-refused',
      outcome: 'refused',
      reasons: [reason],
      ...(host && { host }),
    });
    return reply.code(404).type(TEXT).send('not found\n');
  }
  const { host, task, snapin, file } = found;
  const range = parseRange(request.headers.range, file.size);
  const { first, last } = range === 'unsatisfiable' || !range ? { first: 0, last: file.size - 1 } : range;
  try {
    if (range !== 'unsatisfiable') await snapinStarted(context, found, first === 0);
  } catch (error) {
    file.close();
    throw error;
  }
  const started = context.clock.now();
  reply
    .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(snapin.file)}`)
    .header('cache-control', 'no-store');
  return sendFile(request, reply, file, ({ status, bytes, complete }) => {
    const milliseconds = context.clock.now() - started;
    desk.record(request, {
      event: 'snapin-sent',
      outcome: complete ? 'answered' : 'failed',
      host,
      reasons: complete ? [] : ['the client broke off'],
      facts: { snapin: snapin.name, task: task.id, bytes, milliseconds, status },
    });
    if (!complete || status === 416 || last !== file.size - 1) return;
    snapinSent(context, task).catch((error: unknown) =>
      desk.record(request, { event: 'snapin-sent', outcome: 'failed', host, reasons: [messageOf(error)] }),
    );
  });
}

async function report(context: Context, { fields, macs }: ClientCall): Promise<ClientAnswer> {
  const result = await reportSnapin(context, {
    macs,
    taskId: fields.get('taskid') ?? '',
    exitCode: fields.get('exitcode') ?? '',
    details: decodeDetails(fields.get('exitdesc') ?? ''),
  });
  return told(result);
}

/** The client does not look at it; people with curl do. */
function told(result: SnapinReport): ClientAnswer {
  const event = 'snapin-reported';
  switch (result.kind) {
    case 'noted': {
      const { host, task, outcome } = result;
      const { exitCode, details, state } = outcome;
      const [facts, reasons] = [
        { snapin: task.snapin, task: task.id, code: exitCode },
        details === '' ? [] : [details],
      ];
      const isDone = state === TaskState.complete;
      return { body: OK, note: { event, outcome: isDone ? 'answered' : 'failed', host, reasons, facts } };
    }
    case 'repeated':
      return { body: OK };
    case 'refused': {
      const { reason, host } = result;
      return {
        body: problem('er'),
        note: { event, outcome: 'refused', reasons: [reason], ...(host && { host }) },
      };
    }
  }
}

const OK = problem('ok');

/** Base64 of old clients; a `+` of it has become a blank where the client did not escape it. */
function decodeDetails(text: string): string {
  return Buffer.from(text.slice(0, 4_000).replaceAll(' ', '+'), 'base64').toString('utf8');
}

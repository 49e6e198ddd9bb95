import type { FastifyInstance } from 'fastify';
import { hostOf } from '#actions/context.js';
import { sessionOf } from '#actions/open-session.js';
import { clean } from '#domain/inventory.js';
import { clientAddress } from '../address.js';
import { sendFile } from '../send-file.js';
import { type Answer, decision, type Endpoints, type FosOptions } from './endpoint.js';

const FILES: ReadonlySet<string> = new Set(['MOK.der', 'PK.auth', 'KEK.auth', 'db.auth']);
const RESULTS: ReadonlySet<string> = new Set(['db', 'trusted', 'mok', 'staged']);

/**
 * Enrolment of Secure Boot keys (spec fos-protocol 3.18): the admin's files in the folder `secureboot` of the boot files, and what a machine
 * reports of it. The answers of the report end in a newline.
 */
export function secureBootEndpoints(
  app: FastifyInstance,
  { post }: Endpoints,
  { context, recorder, files }: FosOptions,
): void {
  app.route<{ Params: { name: string } }>({
    method: ['GET', 'HEAD'],
    url: '/service/secureboot/:name',
    handler: async (request, reply) => {
      const { name } = request.params;
      const file = FILES.has(name) ? await files.open(`secureboot/${name}`) : undefined;
      if (!file) {
        const reasons = [`there is no boot file secureboot/${clean(name, 60)}`];
        recorder.record(
          decision(request, [], { body: '', event: 'file-refused', outcome: 'refused', reasons }),
        );
        return reply.code(404).type('text/plain; charset=utf-8').send('not found\n');
      }
      return sendFile(request, reply, file, ({ complete, bytes }) => {
        recorder.record({
          service: 'fos',
          event: 'file-sent',
          outcome: complete ? 'answered' : 'failed',
          who: { ip: clientAddress(request) },
          reasons: complete ? [] : ['the client broke off'],
          facts: { file: `secureboot/${name}`, bytes },
        });
      });
    },
  });

  post('secureboot.report.php', ({ fields, macs, token }): Answer => {
    const result = (fields.get('result') ?? '').trim().toLowerCase();
    // FOS writes it in pairs with colons between, as people compare it (FOS's secureboot-funcs.sh).
    const certificate = (fields.get('cert') ?? '').replaceAll(':', '').trim().toLowerCase();
    const answer = (body: string, reason?: string): Answer => ({
      body: `${body}\n`,
      event: 'secure-boot',
      outcome: reason === undefined ? 'answered' : 'refused',
      reasons: reason === undefined ? [] : [reason],
      facts: {
        result: clean(result, 20),
        certificate: clean(certificate, 64),
        state: clean(fields.get('sbstate') ?? '', 20),
      },
    });
    if (hostOf(context, macs).kind !== 'one')
      return answer('##unknownhost', 'this machine is no registered host');
    if (token === undefined || sessionOf(context, token)?.state !== 'open')
      return answer('##notasking', 'this machine was not started by this server');
    if (!RESULTS.has(result)) return answer('##badresult', 'the result is none of the protocol');
    if (!/^[0-9a-f]{64}$/.test(certificate)) return answer('##badcert', 'the certificate is no SHA-256');
    return answer('##ok');
  });
}

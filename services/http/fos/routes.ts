import type { FastifyInstance, FastifyRequest } from 'fastify';
import { openSession } from '#actions/open-session.js';
import { offerUsbToken, usbHostInfo } from '#actions/usb-boot.js';
import { clientAddress } from '../address.js';
import { offeredVersion } from '../client/installers.js';
import { caponeEndpoints } from './capone.js';
import { type Answer, decision, endpoints, type FosOptions, tokenOf } from './endpoint.js';
import { registrationEndpoints } from './registration.js';
import { reportEndpoints } from './report.js';
import { secureBootEndpoints } from './secure-boot.js';
import { taskEndpoints } from './task.js';

/**
 * The endpoints that FOS calls (spec fos-protocol 3), under `/fog/t/TOKEN/` for machines that were given a boot script, and under `/fog/`
 * for others, which can do nothing there that takes a session.
 */
export async function fosRoutes(app: FastifyInstance, options: FosOptions): Promise<void> {
  const { context, recorder, version } = options;
  const desk = endpoints(app, options);

  // The first sign of life of FOS: HEAD, with a doubled slash since `web=` ends in one (spec 2.4). GET is for people and monitors.
  app.get('/index.php', async (request, reply) => {
    if (request.method === 'HEAD') recorder.record(decision(request, [], await firstSign(request)));
    // Whatever came of it: to FOS any other status means that there is no network (spec 2.4). It hears the reason at its check-in.
    return reply.type('text/plain; charset=utf-8').send('fogd\n');
  });

  const firstSign = async (request: FastifyRequest): Promise<Answer> => {
    const token = tokenOf(request);
    if (token === undefined) return { body: '', event: 'fos-started', outcome: 'answered' };
    const opening = await openSession(context, token, clientAddress(request));
    if (opening.kind === 'dead')
      return { body: '', event: 'session-refused', outcome: 'refused', reasons: [opening.reason] };
    const { session } = opening;
    return {
      body: '',
      event: 'session-opened',
      outcome: opening.kind === 'open' ? 'answered' : 'failed',
      mac: session.mac,
      reasons: opening.kind === 'open' ? [] : [opening.reason],
      facts: { session: session.id, kind: session.kind },
    };
  };

  desk.post('status/hostgetkey.php', async ({ macs, address, server }) => {
    const answer = await offerUsbToken(context, macs, address, server);
    if ('token' in answer) return { body: answer.token, event: 'usb-started', outcome: 'answered' };
    return { body: answer.refused, event: 'usb-started', outcome: 'refused', reasons: [answer.refused] };
  });
  desk.post('hostinfo.php', async ({ fields, address, server }) => {
    const answer = await usbHostInfo(context, fields.get('hosttoken') ?? '', address, server);
    if ('shell' in answer) return { body: answer.shell, event: 'session-opened', outcome: 'answered' };
    return { body: answer.refused, event: 'session-refused', outcome: 'refused', reasons: [answer.refused] };
  });

  // No capability of `caps=1` is there (it would name the parts of multicast). `client` is asked by clients that are not served.
  desk.get('/service/getversion.php', (query) => {
    if (query.has('clientver')) return offeredVersion(context.settings, options.files);
    return query.has('client') ? '0.0.0' : version;
  });
  registrationEndpoints(desk, context);
  taskEndpoints(desk, context);
  reportEndpoints(desk, context);
  caponeEndpoints(desk, context);
  secureBootEndpoints(app, desk, options);
}

/** What fogd's endpoints are measured against: a Fastify route that answers a constant. `node constant.js PORT BYTES` */
import Fastify from 'fastify';

const [port, bytes] = process.argv.slice(2).map(Number);
const body = 'x'.repeat(bytes ?? 0);
const app = Fastify();
app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => done(null, text));
app.route({
  method: ['GET', 'POST'],
  url: '/*',
  handler: (_request, reply) => reply.type('text/plain; charset=utf-8').send(body),
});
await app.listen({ host: '0.0.0.0', port: port ?? 0 });
process.stdout.write('ready\n');

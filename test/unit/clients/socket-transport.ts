import { Agent, request } from 'node:http';
import type { Transport } from './fog-client.js';

/**
 * HTTP to a fogd on the loopback interface, from a loopback address of its own; one connection, kept open. As .NET calls: no User-Agent, and
 * a form only after 100 Continue.
 */
export function socketTransport(localAddress: string, port = 80): Transport {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const form = {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body ?? ''),
        expect: '100-continue',
      };
      const where = { host: '127.0.0.1', port, localAddress, agent, method, path: `/fog${path}` };
      const call = request({ ...where, ...(body === undefined ? {} : { headers: form }) }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const bytes = Buffer.concat(parts);
          const { location } = answer.headers;
          resolve({
            status: answer.statusCode ?? 0,
            body: bytes.toString('utf8'),
            bytes,
            ...(location === undefined ? {} : { location }),
          });
        });
      });
      call.on('error', reject);
      if (body === undefined) call.end();
      else call.on('continue', () => call.end(body)).flushHeaders();
    });
}

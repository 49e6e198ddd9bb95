import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { cliErrors } from './errors.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Calls the API of the running daemon over its control socket. Throws errors as the daemon's catalogue words them. */
export async function callApi<T>(state: string, method: Method, path: string, body?: unknown): Promise<T> {
  const response = await send(state, method, `/api/v1${path}`, body);
  return read<T>(response.statusCode ?? 0, await textOf(state, response));
}

/** What a GET on the control socket answers, as it comes; for what is too large to be held. Throws as `callApi`, also while it is read. */
export async function streamSocket(state: string, path: string): Promise<AsyncIterable<Buffer>> {
  const response = await send(state, 'GET', path);
  if (response.statusCode !== 200) read(response.statusCode ?? 0, await textOf(state, response));
  return chunks(state, response);
}

function send(state: string, method: Method, path: string, body?: unknown): Promise<IncomingMessage> {
  const socketPath = socketOf(state);
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath,
        method,
        path,
        headers:
          payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) },
      },
      resolve,
    );
    call.on('error', (error) => {
      const isDown = ['ENOENT', 'ECONNREFUSED'].includes(errnoOf(error) ?? '');
      reject(isDown ? cliErrors.DAEMON_NOT_RUNNING({ state }, error) : unreachable(state, error));
    });
    call.end(payload);
  });
}

async function textOf(state: string, response: IncomingMessage): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks(state, response)) all.push(chunk);
  return Buffer.concat(all).toString('utf8');
}

async function* chunks(state: string, response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    yield* response as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreachable(state, error);
  }
}

const socketOf = (state: string) => join(state, 'fogd.sock');

const unreachable = (state: string, error: unknown) =>
  cliErrors.DAEMON_NOT_REACHABLE({ socket: socketOf(state), reason: messageOf(error) }, error);

function read<T>(status: number, text: string): T {
  const answer = JSON.parse(text) as T & { title?: string; detail?: string; remedy?: string };
  if (status < 400) return answer;
  const remedy = answer.remedy ?? 'look at the log of fogd';
  throw new FogdError(answer.title ?? 'UNEXPECTED', answer.detail ?? `status ${status}`, remedy, status, {});
}

import { request } from 'node:http';
import { join } from 'node:path';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { cliErrors } from './errors.js';

/** Most items that the API gives at once. */
const PAGE = 10_000;

/** Calls the API of the running daemon over its control socket. Throws errors as the daemon's catalogue words them. */
export function callApi<T>(
  state: string,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<T> {
  const socketPath = join(state, 'fogd.sock');
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath,
        method,
        path: `/api/v1${path}`,
        headers:
          payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          try {
            resolve(read<T>(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8')));
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    call.on('error', (error) => {
      const isDown = ['ENOENT', 'ECONNREFUSED'].includes(errnoOf(error) ?? '');
      reject(
        isDown
          ? cliErrors.DAEMON_NOT_RUNNING({ state }, error)
          : cliErrors.DAEMON_NOT_REACHABLE({ socket: socketPath, reason: messageOf(error) }, error),
      );
    });
    call.end(payload);
  });
}

/** All items of a list, fetched page by page; `query` filters and sorts. */
export async function listAll<T>(
  state: string,
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const asked = new URLSearchParams({ limit: String(PAGE), offset: String(items.length) });
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) asked.set(name, String(value));
    const page = await callApi<{ readonly items: readonly T[]; readonly total: number }>(
      state,
      'GET',
      `${path}?${asked}`,
    );
    items.push(...page.items);
    if (page.items.length === 0 || items.length >= page.total) return items;
  }
}

function read<T>(status: number, text: string): T {
  const answer = JSON.parse(text) as T & { title?: string; detail?: string; remedy?: string };
  if (status < 400) return answer;
  const remedy = answer.remedy ?? 'look at the log of fogd';
  throw new FogdError(answer.title ?? 'UNEXPECTED', answer.detail ?? `status ${status}`, remedy, status, {});
}

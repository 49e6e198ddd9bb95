import { open } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { cliErrors } from './errors.js';
import { bytes } from './tables.js';
import { bar, ProgressLine } from './terminal.js';

/** The most that the API gives at once. */
const PAGE = 1_000;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Calls the API of the running daemon over its control socket. Throws errors as the daemon's catalogue words them. */
export async function callApi<T>(state: string, method: Method, path: string, body?: unknown): Promise<T> {
  return read<T>(await ask(state, method, `/api/v1${path}`, body));
}

async function read<T>(response: IncomingMessage): Promise<T> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const status = response.statusCode ?? 0;
  // Node's own refusal, before anything of fogd sees it, has no body.
  if (status === 431) throw cliErrors.REQUEST_TOO_LONG({});
  const answer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as T & {
    title?: string;
    detail?: string;
    remedy?: string;
  };
  if (status < 400) return answer;
  const remedy = answer.remedy ?? 'look at the log of fogd';
  throw new FogdError(answer.title ?? 'UNEXPECTED', answer.detail ?? `status ${status}`, remedy, status, {});
}

/** Sends a file as the body, and shows on a terminal how far it is, but for programs (`json`). It is not read further once fogd has refused it. */
export async function uploadApi<T>(
  { state, json }: { readonly state: string; readonly json?: true },
  method: Method,
  path: string,
  file: string,
): Promise<T> {
  const handle = await open(file).catch((error: unknown) => {
    throw cliErrors.FILE_UNREADABLE({ file, reason: messageOf(error) }, error);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw cliErrors.FILE_UNREADABLE({ file, reason: 'it is no file' });
    const headers = { 'content-type': 'application/octet-stream', 'content-length': stats.size };
    // Else a file that grows meanwhile would be more than was told.
    const body = handle.createReadStream({ autoClose: false, end: Math.max(0, stats.size - 1) });
    const progress = new ProgressLine(() => performance.now());
    let sent = 0;
    body.on('data', (chunk) => {
      sent += chunk.length;
      if (!json) progress.say(sentLine(sent, stats.size));
    });
    const answer = send(state, method, `/api/v1${path}`, headers, (call) => {
      // A file that became shorter, or cannot be read on: the daemon must not take what came for all of it.
      body.on('error', (error) => call.destroy(error));
      body.pipe(call);
    });
    const answered = answer.finally(() => {
      body.destroy();
      progress.done();
    });
    return await read<T>(await answered);
  } finally {
    await handle.close();
  }
}

/** `[#####-----] 52 %, 12.3 MB of 23.6 MB`. */
export function sentLine(sent: number, all: number): string {
  const part = all === 0 ? 1 : Math.min(1, sent / all);
  return `${bar(part, 30)} ${Math.floor(100 * part)} %, ${bytes(sent)} of ${bytes(all)}`;
}

/** Resolves when the answer begins. */
function ask(state: string, method: Method, path: string, body?: unknown): Promise<IncomingMessage> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    payload === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
  return send(state, method, path, headers, (call) => call.end(payload));
}

function send(
  state: string,
  method: Method,
  path: string,
  headers: Readonly<Record<string, string | number>>,
  write: (call: ClientRequest) => void,
): Promise<IncomingMessage> {
  const socketPath = socketOf(state);
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers }, resolve);
    call.on('error', (error) => {
      const isDown = ['ENOENT', 'ECONNREFUSED'].includes(errnoOf(error) ?? '');
      reject(isDown ? cliErrors.DAEMON_NOT_RUNNING({ state }, error) : unreachable(state, error));
    });
    write(call);
  });
}

/** What a GET on the control socket answers, as it comes; for what is too large to be held. Throws as `callApi`, also while it is read. */
export async function streamSocket(state: string, path: string): Promise<AsyncIterable<Buffer>> {
  const response = await ask(state, 'GET', path);
  if (response.statusCode !== 200) await read<never>(response);
  return chunks(state, response);
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

interface LiveEvent {
  readonly id?: string;
  readonly topic: string;
  readonly data: unknown;
}

/** Live events from the moment on at which it resolves, each as it comes. The generator throws EVENTS_ENDED when fogd stops. */
export async function followApi(state: string, path: string): Promise<AsyncGenerator<LiveEvent>> {
  const response = await ask(state, 'GET', `/api/v1${path}`);
  if (response.statusCode !== 200) await read<never>(response);
  return eventsOf(response);
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<LiveEvent> {
  response.setEncoding('utf8');
  let waiting = '';
  for await (const part of response) {
    const blocks = (waiting + String(part)).split('\n\n');
    waiting = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const [id, topic, data] = [field('id'), field('event'), field('data')];
      if (topic === undefined || data === undefined) continue;
      yield { ...(id === undefined ? {} : { id }), topic, data: JSON.parse(data) as unknown };
    }
  }
  throw cliErrors.EVENTS_ENDED({});
}

/** The items of a list, `most` of them, fetched page by page; `query` filters and sorts. */
export async function listAll<T>(
  state: string,
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
  most = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const limit = Math.min(PAGE, most - items.length);
    const asked = new URLSearchParams({ limit: String(limit), offset: String(items.length) });
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) asked.set(name, String(value));
    const page = await callApi<{ readonly items: readonly T[]; readonly total: number }>(
      state,
      'GET',
      `${path}?${asked}`,
    );
    items.push(...page.items);
    if (page.items.length === 0 || items.length >= Math.min(page.total, most)) return items;
  }
}

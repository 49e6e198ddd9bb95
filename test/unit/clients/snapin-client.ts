import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { World } from '../services/http/world.js';
import type { Transport } from './fog-client.js';

/** As the client reads it (spec client-protocol 5.1). */
export interface Entry {
  readonly jobtaskid: string;
  readonly name: string;
  readonly filename: string;
  readonly hash: string;
  readonly action: string;
  readonly url?: string;
}

export interface SnapinClientOptions {
  readonly transport: Transport;
  readonly macs: string;
  /** The program: gives its exit code, or `silent` where the machine is gone before it can be reported. */
  readonly run: (entry: Entry, file: Buffer) => number | 'silent';
  /** Before 0.11.4 `url` is unknown. */
  readonly knowsUrl?: boolean;
}

/** Names of what was run, and the answers to the reports. */
export interface SnapinCycle {
  readonly ran: readonly string[];
  readonly reports: readonly string[];
  readonly powerAction: string;
}

/** The module SnapinClient, written from spec client-protocol 5.1 to 5.3 only: one plain GET, SHA-512, run, report, in the order of the list. */
export async function runSnapins(
  told: Readonly<Record<string, unknown>> | undefined,
  { transport, macs, run, knowsUrl = true }: SnapinClientOptions,
): Promise<SnapinCycle> {
  const ran: string[] = [];
  const reports: string[] = [];
  const over = (powerAction = ''): SnapinCycle => ({ ran, reports, powerAction });
  if (told === undefined || told.error !== undefined) return over();
  const list = macs.replaceAll('|', '%7C');
  const report = async (id: string, code: number) => {
    const { body } = await transport(
      'GET',
      `/service/snapins.checkin.php?taskid=${id}&exitcode=${code}&mac=${list}&newService&json`,
    );
    reports.push(body);
  };
  for (const entry of told.snapins as readonly Entry[]) {
    // Without a word, and without those behind it.
    if (entry.hash === '') return over();
    const root = knowsUrl && entry.url ? new URL(entry.url).pathname.replace(/^\/fog/, '') : '';
    const path = `${root}/service/snapins.file.php?mac=${list}&taskid=${entry.jobtaskid}`;
    const answer = await transport('GET', path);
    const sum = createHash('sha512').update(answer.bytes).digest('hex');
    if (answer.status >= 400 || sum !== entry.hash.toLowerCase()) {
      await report(entry.jobtaskid, -1);
      return over();
    }
    const code = run(entry, answer.bytes);
    ran.push(entry.name);
    if (code === 'silent') return over();
    await report(entry.jobtaskid, code);
    if (entry.action !== '') return over(entry.action);
  }
  return over();
}

/** Over a socket: only there is it known that all of a file has gone out. */
export async function overSocket(world: World): Promise<Transport> {
  await world.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = world.app.server.address() as AddressInfo;
  return async (method, path, body) => {
    const init = { method, redirect: 'manual' as const, ...(body === undefined ? {} : { body }) };
    const answer = await fetch(`http://127.0.0.1:${port}/fog${path}`, init);
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, body: bytes.toString(), bytes };
  };
}

/** Foreign TFTP clients, each as one call that fetches a file. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { command } from '../../lab/process.js';

export interface Fetch {
  readonly host: string;
  readonly port: number;
  readonly remote: string;
  /** Absolute path of the copy. */
  readonly local: string;
  readonly blockSize: number;
  readonly namespace?: string;
  readonly timeoutMs?: number;
}

export interface ForeignClient {
  readonly name: string;
  /** Least block size to use with it; 512: it knows no option. BusyBox wants the whole request to fit into one block. */
  readonly leastBlockSize: number;
  /** Bytes more or less than 65,535 whole blocks, for the tests of the roll-over. */
  readonly rollOver: readonly number[];
  /** Rejects with what the client said. */
  readonly fetch: (job: Fetch) => Promise<void>;
}

/** Every size once, by the clients that are quick enough. */
const ROLL_OVER: Readonly<Record<string, readonly number[]>> = {
  'tftp-hpa': [0],
  'atftp, window 16': [-1, 0, 1],
  busybox: [-1],
  'npm tftp': [1],
};

type Argv = (job: Fetch) => string[];

const program = (name: string, leastBlockSize: number, argv: Argv): ForeignClient => ({
  name,
  leastBlockSize,
  rollOver: ROLL_OVER[name] ?? [],
  fetch: async (job) => {
    const { namespace, timeoutMs = 30_000 } = job;
    const result = await command(argv(job), { timeoutMs, ...(namespace !== undefined && { namespace }) });
    const said = `${result.stdout}${result.stderr}`.trim();
    // tftp-hpa and atftp end with 0 whatever happened; what they print tells.
    if (result.code !== 0 || /error|fail|timed out|timeout/i.test(said))
      throw new Error(`${name}: ${said} (${result.code})`);
  },
});

export const tftpHpa = program('tftp-hpa', 512, ({ host, port, remote, local }) => [
  'tftp',
  '-m',
  'octet',
  host,
  String(port),
  '-c',
  'get',
  remote,
  local,
]);
const atftpWith = (name: string, ...options: readonly string[]): ForeignClient =>
  program(name, 8, ({ host, port, remote, local, blockSize }) => [
    'atftp',
    ...[`blksize ${blockSize}`, ...options].flatMap((option) => ['--option', option]),
    ...['--get', '--remote-file', remote, '--local-file', local, host, String(port)],
  ]);
export const atftp = atftpWith('atftp', 'tsize 0');
/** RFC 7440. */
export const atftpWindow = atftpWith('atftp, window 16', 'windowsize 16');
export const curl = program('curl', 8, ({ host, port, remote, local, blockSize }) => [
  'curl',
  '--silent',
  '--show-error',
  '--tftp-blksize',
  String(blockSize),
  '--output',
  local,
  `tftp://${host}:${port}/${remote}`,
]);
export const busybox = program('busybox', 64, ({ host, port, remote, local, blockSize }) => [
  'busybox',
  'tftp',
  '-g',
  '-b',
  String(blockSize),
  '-r',
  remote,
  '-l',
  local,
  host,
  String(port),
]);

interface NpmTftp {
  createClient(options: Readonly<Record<string, unknown>>): {
    get(remote: string, local: string, done: (error?: Error) => void): void;
  };
}

/** The npm package `tftp`, in windows of 4; it asks for timeout 3000 (milliseconds, against the RFC) and rollover as well. */
export const npmTftp: ForeignClient = {
  name: 'npm tftp',
  leastBlockSize: 8,
  rollOver: ROLL_OVER['npm tftp'] ?? [],
  fetch: ({ host, port, remote, local, blockSize }) => {
    const { createClient } = createRequire(join(import.meta.dirname, 'clients.js'))('tftp') as NpmTftp;
    return new Promise((resolve, reject) => {
      // In windows it loses its way where the block numbers start again (atftp does not, at the same window).
      const windowSize = blockSize === 8 ? 1 : 4;
      createClient({ host, port, blockSize, windowSize }).get(remote, local, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  },
};

export const CLIENTS: readonly ForeignClient[] = [tftpHpa, atftp, atftpWindow, curl, busybox, npmTftp];

/** Foreign TFTP clients, each as one call that fetches a file. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { command } from '../../lab/process.js';
import { type ClientName, packageVersion } from '../../lab/tftp-matrix.js';

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
  readonly name: ClientName;
  /** Least block size to use with it; 512: it knows no option. BusyBox wants the whole request to fit into one block. */
  readonly leastBlockSize: number;
  readonly version: () => Promise<string>;
  /** What must be said of its transfers past the end of the block numbers. */
  readonly rollOverLimit?: string;
  /** Rejects with what the client said. */
  readonly fetch: (job: Fetch) => Promise<void>;
}

type Argv = (job: Fetch) => string[];

const program = (
  name: ClientName,
  packages: readonly string[],
  leastBlockSize: number,
  argv: Argv,
): ForeignClient => ({
  name,
  leastBlockSize,
  version: () => packageVersion(...packages),
  fetch: async (job) => {
    const { namespace, timeoutMs = 120_000 } = job;
    const result = await command(argv(job), { timeoutMs, ...(namespace !== undefined && { namespace }) });
    const said = `${result.stdout}${result.stderr}`.trim();
    // tftp-hpa and atftp end with 0 whatever happened; what they print tells.
    if (result.code !== 0 || /error|fail|timed out|timeout/i.test(said))
      throw new Error(`${name}: ${said} (${result.code})`);
  },
});

export const tftpHpa = program('tftp-hpa', ['tftp-hpa'], 512, ({ host, port, remote, local }) => [
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
const atftpWith = (name: ClientName, ...options: readonly string[]): ForeignClient =>
  program(name, ['atftp'], 8, ({ host, port, remote, local, blockSize }) => [
    'atftp',
    ...[`blksize ${blockSize}`, ...options].flatMap((option) => ['--option', option]),
    ...['--get', '--remote-file', remote, '--local-file', local, host, String(port)],
  ]);
export const atftp = atftpWith('atftp', 'tsize 0');
/** RFC 7440. */
export const atftpWindow = atftpWith('atftp, window 16', 'windowsize 16');
export const curl = program('curl', ['curl'], 8, ({ host, port, remote, local, blockSize }) => [
  'curl',
  '--silent',
  '--show-error',
  '--tftp-blksize',
  String(blockSize),
  '--output',
  local,
  `tftp://${host}:${port}/${remote}`,
]);
export const busybox = program(
  'busybox',
  ['busybox-static', 'busybox'],
  64,
  ({ host, port, remote, local, blockSize }) => [
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
  ],
);

interface NpmTftp {
  createClient(options: Readonly<Record<string, unknown>>): {
    get(remote: string, local: string, done: (error?: Error) => void): void;
  };
}

const load = createRequire(join(import.meta.dirname, 'clients.js'));

/** The npm package `tftp`, in windows of 4; it asks for timeout 3000 (milliseconds, against the RFC) and rollover as well. */
export const npmTftp: ForeignClient = {
  name: 'npm tftp',
  leastBlockSize: 8,
  version: async () => (load('tftp/package.json') as { version: string }).version,
  rollOverLimit:
    'same in lock-step; in windows it loses its way where the block numbers start again (atftp does not, at the same window)',
  fetch: ({ host, port, remote, local, blockSize }) => {
    const { createClient } = load('tftp') as NpmTftp;
    return new Promise((resolve, reject) => {
      const windowSize = blockSize === 8 ? 1 : 4;
      createClient({ host, port, blockSize, windowSize }).get(remote, local, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  },
};

export const CLIENTS: readonly ForeignClient[] = [tftpHpa, atftp, atftpWindow, curl, busybox, npmTftp];

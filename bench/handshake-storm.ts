/** First handshakes of many FOG Clients as other machines make them: prepared before and sent by wrk, which takes next to no processor time. */
import { constants, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabNetwork } from '../test/lab/network.js';
import { mustRun } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';
import { macOf } from './site.js';

/** Addresses that they come from: fogd takes 20 handshakes a second from one. */
const SOURCES = 12;
/** At a time from each. */
const AT_ONCE = 3;
/** More than one thread of RSA can do for each of them. */
const PER_SECOND = 20;
const PATH = '/fog/management/index.php?sub=requestClientInfo&authorize&newService';

/** Hosts that one storm of so many seconds needs. */
export function hostsOfStorm(seconds: number): number {
  return SOURCES * PER_SECOND * seconds;
}

export interface StormOptions {
  /** Of the server. */
  readonly namespace: string;
  /** Number of the first host. */
  readonly first: number;
  readonly storms: number;
  readonly seconds: number;
}

export class HandshakeStorm {
  private constructor(
    private readonly namespace: string,
    /** Of each storm, of each source. */
    private readonly files: readonly (readonly string[])[],
  ) {}

  static async prepare(
    network: LabNetwork,
    { namespace, first, storms, seconds }: StormOptions,
  ): Promise<HandshakeStorm> {
    // Who calls an address of his own machine has that address himself.
    for (let source = 0; source < SOURCES; source++)
      await mustRun(['ip', 'addr', 'add', `${addressOf(source)}/32`, 'dev', 'lo'], { namespace });
    const url = 'http://127.0.0.1/fog/management/other/ssl/srvpublic.crt';
    const { publicKey } = new X509Certificate(await mustRun(['curl', '-sS', '--fail', url], { namespace }));
    const seal = (text: Buffer) =>
      publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, text).toString('hex');
    let host = first;
    const handshake = () =>
      `${PATH}\tsym_key=${seal(randomBytes(32))}&token=${seal(Buffer.from('NoToken'))}&mac=${macOf(host++)}\n`;
    const files = Array.from({ length: storms }, (_, storm) =>
      Array.from({ length: SOURCES }, (_, source) => {
        const file = join(network.folder, `handshakes-${storm}-${source}`);
        writeFileSync(file, Array.from({ length: PER_SECOND * seconds }, handshake).join(''));
        return file;
      }),
    );
    return new HandshakeStorm(namespace, files);
  }

  /** One of the storms, from all sources at once; gives how many handshakes were answered sealed. Rejects when a call was answered otherwise. */
  async run(storm: number, seconds: number): Promise<number> {
    const { namespace } = this;
    const sealed = await Promise.all(
      (this.files[storm] ?? []).map(async (file, source) => {
        const script = ['-s', inRepository('bench', 'handshakes.lua')];
        const argv = [
          'wrk',
          '-t1',
          `-c${AT_ONCE}`,
          `-d${seconds}s`,
          ...script,
          `http://${addressOf(source)}`,
        ];
        const output = await mustRun([...argv, '--', file], { namespace, timeoutMs: (seconds + 30) * 1_000 });
        const count = /^(\d+) sealed, 0 otherwise$/m.exec(output)?.[1];
        if (count === undefined) throw new Error(`handshakes failed: ${output}`);
        return Number(count);
      }),
    );
    return sealed.reduce((sum, count) => sum + count, 0);
  }
}

const addressOf = (source: number): string => `10.98.0.${source + 1}`;

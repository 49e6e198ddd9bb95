import { constants, createDecipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto';
import { moduleProblems } from './strict-json.js';

/** How the model reaches a server: in this process, or over a socket. `path` begins below the web root. */
export type Transport = (
  method: 'GET' | 'POST',
  path: string,
  body?: string,
) => Promise<{
  readonly status: number;
  readonly body: string;
  readonly bytes: Buffer;
  readonly location?: string;
}>;

export interface FogClientOptions {
  readonly transport: Transport;
  readonly macs: string;
  readonly hostname?: string;
  readonly version?: string;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

const GATE_MS = 120_000;
const ATTEMPTS = 5;
const FLAGS = 'newService&json';
const INFO = '/management/index.php?sub=requestClientInfo';

/**
 * FOG Client as spec client-protocol describes it, written from sections 2, 3 and 7 only: what it sends to the byte, one handshake in two
 * minutes, five attempts at its start and then nothing for ever (0.13), JSON that must be exact, and no word about what it dislikes.
 */
export class FogClient {
  /** token.dat; undefined after an installation. */
  token: Buffer | undefined;
  /** ca.cert.der of its installation. */
  pinned: X509Certificate | undefined;
  key: Buffer | undefined;
  /** 0.13 never begins its loop after five failures. */
  isDead = false;
  readonly log: string[] = [];
  /** What the modules were told in the last whole cycle. */
  told: Readonly<Record<string, Record<string, unknown>>> | undefined;
  cycles = 0;
  handshakes = 0;
  registrations = 0;
  #lastHandshake = Number.NEGATIVE_INFINITY;

  constructor(readonly options: FogClientOptions) {}

  /** The installer: pins what it is given. */
  async install(): Promise<void> {
    this.pinned = new X509Certificate((await this.#get('/management/other/ca.cert.der')).bytes);
    this.token = undefined;
  }

  /** The service, from its start to `isOver`. */
  async run(isOver: () => boolean): Promise<void> {
    let isIn = false;
    for (let attempt = 0; attempt < ATTEMPTS && !isIn && !isOver(); attempt++) isIn = await this.handshake();
    if (!isIn && this.#isAtLeast('0.13.0')) {
      this.isDead = true;
      this.log.push('Failed to authenticate, will not run Module Looper');
      return;
    }
    while (!isOver()) await this.options.sleep(1000 * (await this.cycle()));
  }

  /** One handshake, after the wait that the client imposes on itself. */
  async handshake(): Promise<boolean> {
    const { now, sleep, macs, hostname = 'PC' } = this.options;
    const wait = this.#lastHandshake + GATE_MS - now();
    if (wait > 0) await sleep(wait);
    this.#lastHandshake = now();
    this.handshakes++;
    try {
      const leaf = new X509Certificate((await this.#get('/management/other/ssl/srvpublic.crt')).bytes);
      if (!this.pinned || !leaf.checkIssued(this.pinned) || !leaf.verify(this.pinned.publicKey))
        throw new Error('the certificate is not of the pinned authority');
      const key = randomBytes(32);
      const encrypt = (text: Buffer) =>
        publicEncrypt({ key: leaf.publicKey, padding: constants.RSA_PKCS1_PADDING }, text).toString('hex');
      const body = `sym_key=${encrypt(key)}&token=${encrypt(this.token ?? Buffer.from('NoToken'))}&mac=${macs}`;
      const answer = await this.#request('POST', `${INFO}&authorize&newService`, body);
      const text = answer.startsWith('#!en') ? decrypt(answer, key) : answer;
      const { error, token } = JSON.parse(text) as { error?: string; token?: string };
      if (error !== undefined && error !== '' && error.toLowerCase() !== 'ok') {
        this.log.push(`handshake: ${error}`);
        if (error === 'ih') {
          this.registrations++;
          await this.#get(`/service/register.php?hostname=${hostname}&mac=${query(macs)}&${FLAGS}`);
        }
        return false;
      }
      if (!answer.startsWith('#!en') || token === undefined) throw new Error('not encrypted');
      this.key = key;
      this.token = Buffer.from(token, 'hex');
      return true;
    } catch (error) {
      this.log.push(`handshake: ${String(error)}`);
      return false;
    }
  }

  /** One cycle; gives the seconds to sleep. */
  async cycle(): Promise<number> {
    const isNew = this.#isAtLeast('0.11.6');
    let sleep = isNew ? await this.#configure() : 60;
    try {
      const info = await this.#sealed(`${INFO}&mac=${query(this.options.macs)}&${FLAGS}`);
      const modules = JSON.parse(info) as Record<string, Record<string, unknown>>;
      const versions = [
        await this.#request('GET', `/service/getversion.php?clientver&${FLAGS}`),
        await this.#request('GET', `/service/getversion.php?${FLAGS}`),
      ];
      for (const version of versions)
        if (!/^\d+(\.\d+)*/.test(version)) throw new Error(`no version: ${version}`);
      if (modules.error !== undefined) throw new Error(`error ${String(modules.error)}`);
      this.log.push(...moduleProblems(modules));
      this.told = modules;
      this.cycles++;
      if (modules.taskreboot?.job === true) await this.#askAgain();
    } catch (error) {
      this.log.push(`cycle: ${String(error)}`);
    }
    if (!isNew) sleep = await this.#configure();
    return sleep;
  }

  /** What jobs.php said when it was asked, if it was. */
  job: string | undefined;
  async #askAgain(): Promise<void> {
    this.job = await this.#sealed(`/service/jobs.php?mac=${query(this.options.macs)}&${FLAGS}`);
  }

  async #configure(): Promise<number> {
    try {
      const { sleep } = JSON.parse(await this.#sealed(`${INFO}&configure&${FLAGS}`)) as { sleep?: unknown };
      const seconds = Number(sleep);
      return Number.isInteger(seconds) && seconds >= 30 && seconds <= 7200 ? seconds : 60;
    } catch (error) {
      this.log.push(`configure: ${String(error)}`);
      return 60;
    }
  }

  /** A call whose answer may be `#!ihc`: then a handshake, and once more. */
  async #sealed(path: string): Promise<string> {
    const answer = await this.#request('GET', path);
    if (answer.startsWith('#!ihc')) {
      if (!(await this.handshake())) throw new Error('no session');
      return this.#read(await this.#request('GET', path));
    }
    return this.#read(answer);
  }

  #read(answer: string): string {
    return answer.startsWith('#!en') && this.key ? decrypt(answer, this.key) : answer;
  }

  async #request(method: 'GET' | 'POST', path: string, body?: string): Promise<string> {
    const { status, body: answer } = await this.options.transport(method, path, body);
    // .NET throws, and nobody reads the body.
    if (status >= 300) throw new Error(`status ${status}`);
    return answer;
  }

  async #get(path: string) {
    const answer = await this.options.transport('GET', path);
    if (answer.status >= 300) throw new Error(`status ${answer.status}`);
    return answer;
  }

  #isAtLeast(version: string): boolean {
    const number = (text: string) => text.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0);
    return number(this.options.version ?? '0.13.0') >= number(version);
  }
}

/** .NET leaves `:` alone and escapes `|`. */
function query(macs: string): string {
  return macs.replaceAll('|', '%7C');
}

function decrypt(answer: string, key: Buffer): string {
  const [iv = '', sealed = ''] = answer.replace('#!enkey=', '').replace('#!en=', '').split('|');
  if (sealed.length % 2 !== 0) throw new Error('Index and length must refer to a location within the string');
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(iv, 'hex')).setAutoPadding(false);
  const text = Buffer.concat([decipher.update(Buffer.from(sealed, 'hex')), decipher.final()]);
  return text.toString('utf8').replaceAll('\0', '').trim();
}

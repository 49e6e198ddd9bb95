import type { WhyNot } from '#files/boot-files.js';
import { fileName } from '#files/file-name.js';
import { printable } from './decide.js';
import { toNetascii } from './netascii.js';
import { ErrorCode } from './packet.js';

/** Bytes to send; for the length of a transfer they do not change. */
export interface Source {
  readonly size: number;
  /** The bytes at once when they are in memory. */
  cached(offset: number, length: number): Buffer | undefined;
  read(offset: number, length: number): Promise<Buffer>;
  close(): void;
}

/** What the library needs of the boot-file store. */
export interface Files {
  open(name: string): Promise<Source | undefined>;
  explain(name: string): Promise<WhyNot>;
  /** The name that differs in capital and small letters only. */
  inOtherCase(name: string): Promise<string | undefined>;
}

/** Text of a file that is made on the fly, for the address that the client asked; undefined when the name is not one of those. */
export type Generated = (name: string, localAddress: string) => string | undefined;

export interface NotServed {
  readonly outcome: 'refused' | 'failed';
  readonly code: number;
  readonly message: string;
  readonly reasons: readonly string[];
  readonly facts: Readonly<Record<string, string>>;
}

export type Opened =
  | { readonly ok: true; readonly name: string; readonly source: Source }
  | ({ readonly ok: false } & NotServed);

/** netascii is for text: what is larger is a mistake, and the translated copy lives in memory. */
const NETASCII_BYTES = 4 * 1024 * 1024;
const NETASCII_IN_USE = 32 * 1024 * 1024;

/** Everything that TFTP can send: generated files first, so that an imported folder's default.ipxe cannot lead to its old server. */
export class Library {
  #netasciiInUse = 0;

  constructor(
    private readonly files: Files,
    private readonly generated: Generated,
    private readonly ignoreCase: boolean,
  ) {}

  /** `file` is the name as the client wrote it. Rejects only for faults of the machine. */
  async open(file: string, localAddress: string, netascii: boolean): Promise<Opened> {
    const plain = fileName(file);
    if (!plain.ok) {
      const code = ErrorCode.AccessViolation;
      const facts = { file: printable(file, 128) };
      return {
        ok: false,
        outcome: 'refused',
        code,
        message: 'access violation',
        reasons: [`the name ${plain.reason}`],
        facts,
      };
    }
    const { name } = plain;
    const source = await this.#source(name, localAddress);
    if (!source) return this.#explain(name);
    return netascii ? this.#asNetascii(name, source) : { ok: true, name, source };
  }

  async #source(name: string, localAddress: string): Promise<Source | undefined> {
    const text = this.generated(name, localAddress);
    if (text !== undefined) return memorySource(Buffer.from(text));
    const source = await this.files.open(name);
    if (source !== undefined || !this.ignoreCase) return source;
    const other = (await this.files.inOtherCase(name)) ?? name;
    return other === name ? undefined : this.files.open(other);
  }

  async #explain(name: string): Promise<Opened> {
    const { kind, reason, nearest } = await this.files.explain(name);
    const reasons = nearest === undefined ? [reason] : [reason, `the nearest name is ${nearest}`];
    return {
      ok: false,
      outcome: 'refused',
      code: kind === 'missing' ? ErrorCode.FileNotFound : ErrorCode.AccessViolation,
      message: kind === 'missing' ? 'file not found' : 'access violation',
      reasons,
      facts: nearest === undefined ? { file: name } : { file: name, nearest },
    };
  }

  async #asNetascii(name: string, source: Source): Promise<Opened> {
    try {
      const cost = 2 * source.size;
      if (source.size > NETASCII_BYTES || this.#netasciiInUse + cost > NETASCII_IN_USE) {
        const message = 'too large for mode netascii: ask in mode octet';
        const reasons = [`${name} is too large for the mode netascii (${source.size} bytes)`];
        return {
          ok: false,
          outcome: 'refused',
          code: ErrorCode.NotDefined,
          message,
          reasons,
          facts: { file: name },
        };
      }
      this.#netasciiInUse += cost;
      let isOpen = true;
      const release = (): void => {
        if (isOpen) this.#netasciiInUse -= cost;
        isOpen = false;
      };
      try {
        return {
          ok: true,
          name,
          source: memorySource(toNetascii(await source.read(0, source.size)), release),
        };
      } catch (error) {
        release();
        throw error;
      }
    } finally {
      source.close();
    }
  }
}

function memorySource(bytes: Buffer, close: () => void = () => undefined): Source {
  const cached = (offset: number, length: number): Buffer => bytes.subarray(offset, offset + length);
  return { size: bytes.length, cached, read: async (offset, length) => cached(offset, length), close };
}

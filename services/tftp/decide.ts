import { ErrorCode, type RequestPacket, textOf } from './packet.js';

export interface Serve {
  readonly kind: 'serve';
  /** The name as the client wrote it, readable; the library judges it. */
  readonly asked: string;
  /** The same on one line, for records. */
  readonly file: string;
  readonly netascii: boolean;
}

export type Verdict =
  | Serve
  | {
      readonly kind: 'refuse';
      readonly event: 'write-refused' | 'file-refused';
      /** The name as the client wrote it, readable. */
      readonly file: string;
      readonly code: number;
      /** For the client's screen. */
      readonly message: string;
      readonly reasons: readonly string[];
    };

const SHOWN_NAME = 128;

/** What a request asks for, before any file is looked at. */
export function decide(request: RequestPacket): Verdict {
  const asked = textOf(request.file);
  const file = printable(asked, SHOWN_NAME);
  if (request.kind === 'write') {
    const reasons = ['files are only read here; nothing can be written by TFTP'];
    return {
      kind: 'refuse',
      event: 'write-refused',
      file,
      code: ErrorCode.AccessViolation,
      message: 'read only',
      reasons,
    };
  }
  const { mode } = request;
  if (mode === 'octet' || mode === 'netascii')
    return { kind: 'serve', asked, file, netascii: mode === 'netascii' };
  const reason =
    mode === 'mail'
      ? 'the mode mail is not served (RFC 1350 calls it obsolete)'
      : `the mode ${printable(mode, 32)} is unknown`;
  const refused = { event: 'file-refused', file, code: ErrorCode.IllegalOperation, message: reason } as const;
  return { kind: 'refuse', ...refused, reasons: [reason] };
}

/** Foreign text on one line of a log, a record or a client's screen. */
export function printable(text: string, maxLength: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}

import { connect } from 'node:net';

/**
 * Questions to the port mapper (RFC 1833, version 2) over TCP, as FOS asks them. fogd asks on 127.0.0.1: a port mapper that answers there
 * is this machine's.
 */
const PROGRAM = 100_000;
const VERSION = 2;
const PROC_NULL = 0;
const PROC_GETPORT = 3;
const TCP = 6;

/** RFC 5531: record mark, then xid, CALL, RPC version 2, program, version, procedure, no credentials, no verifier. */
export function callMessage(xid: number, procedure: number, parameters: readonly number[]): Buffer {
  const words = [xid, 0, 2, PROGRAM, VERSION, procedure, 0, 0, 0, 0, ...parameters];
  const message = Buffer.alloc(4 + words.length * 4);
  message.writeUInt32BE((0x8000_0000 | (words.length * 4)) >>> 0, 0);
  for (const [index, word] of words.entries()) message.writeUInt32BE(word >>> 0, 4 + index * 4);
  return message;
}

/**
 * Result words of an accepted, successful reply. `undefined`: not whole yet. Throws for anything that is no such reply.
 */
export function replyWords(bytes: Buffer, xid: number): readonly number[] | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0) & 0x7fff_ffff;
  if (length < 24 || length > 4096 || length % 4 !== 0) throw new Error('no RPC reply');
  if (bytes.length < 4 + length) return undefined;
  const word = (index: number): number => bytes.readUInt32BE(4 + index * 4);
  // xid, REPLY, MSG_ACCEPTED, verifier (flavour, length 0), SUCCESS
  if (word(0) !== xid || word(1) !== 1 || word(2) !== 0 || word(4) !== 0 || word(5) !== 0) {
    throw new Error('the RPC call was refused');
  }
  return Array.from({ length: length / 4 - 6 }, (_, index) => word(6 + index));
}

async function ask(
  procedure: number,
  parameters: readonly number[],
  timeoutMs: number,
  port: number,
): Promise<readonly number[]> {
  const xid = 0x666f_6764;
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    let received = Buffer.alloc(0);
    socket.setTimeout(timeoutMs, () => fail(new Error('no answer')));
    socket.once('error', fail);
    socket.once('close', () => reject(new Error('connection closed')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      try {
        const words = replyWords(received, xid);
        if (words === undefined) return;
        resolve(words);
        socket.destroy();
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.write(callMessage(xid, procedure, parameters));
  });
}

/** Does a port mapper answer? `false` for silence, refusal, and for something else that listens on the port. */
export async function portMapperAnswers(timeoutMs = 1000, port = 111): Promise<boolean> {
  return await ask(PROC_NULL, [], timeoutMs, port).then(
    () => true,
    () => false,
  );
}

/** TCP port that a program is registered at; 0 when it is not, or no port mapper answers. */
export async function registeredPort(
  program: number,
  version: number,
  timeoutMs = 1000,
  port = 111,
): Promise<number> {
  return await ask(PROC_GETPORT, [program, version, TCP, 0], timeoutMs, port).then(
    (words) => words[0] ?? 0,
    () => 0,
  );
}

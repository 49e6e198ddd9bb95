import { connect } from 'node:net';

/**
 * Questions to the port mapper (RFC 1833, version 2), to MOUNT and to NFS (RFC 1813, version 3) over TCP, as FOS asks them before it mounts.
 * fogd asks on 127.0.0.1: who answers there is this machine's.
 */
export interface RpcCall {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly parameters?: readonly number[];
}

const PORT_MAPPER = { program: 100_000, version: 2 } as const;
const MOUNT = { name: 'MOUNT', program: 100_005, version: 3 } as const;
const NFS = { name: 'NFS', program: 100_003, version: 3 } as const;
/** Does nothing and answers, in every program. */
const PROC_NULL = 0;
const PROC_GETPORT = 3;
const TCP = 6;
const PORT_MAPPER_PORT = 111;

/** RFC 5531: record mark, then xid, CALL, RPC version 2, program, version, procedure, no credentials, no verifier. */
export function callMessage(xid: number, { program, version, procedure, parameters = [] }: RpcCall): Buffer {
  const words = [xid, 0, 2, program, version, procedure, 0, 0, 0, 0, ...parameters];
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

async function ask(call: RpcCall, timeoutMs: number, port: number): Promise<readonly number[]> {
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
    socket.write(callMessage(xid, call));
  });
}

/** Does a port mapper answer? `false` for silence, refusal, and for something else that listens on the port. */
export function portMapperAnswers(timeoutMs = 1000): Promise<boolean> {
  return answers(PORT_MAPPER, timeoutMs, PORT_MAPPER_PORT);
}

function answers(
  program: { readonly program: number; readonly version: number },
  timeoutMs: number,
  port: number,
): Promise<boolean> {
  return ask({ ...program, procedure: PROC_NULL }, timeoutMs, port).then(
    () => true,
    () => false,
  );
}

/** TCP port that a program is registered at; 0 when it is not, or no port mapper answers. */
function registeredPort({ program, version }: typeof MOUNT | typeof NFS, timeoutMs: number): Promise<number> {
  const parameters = [program, version, TCP, 0];
  return ask({ ...PORT_MAPPER, procedure: PROC_GETPORT, parameters }, timeoutMs, PORT_MAPPER_PORT).then(
    (words) => words[0] ?? 0,
    () => 0,
  );
}

/** Why a machine could not mount anything from this server now, found out as it would; undefined where it could. */
export async function clientTrouble(timeoutMs = 3000): Promise<string | undefined> {
  if (!(await portMapperAnswers(timeoutMs))) return 'the port mapper (111/tcp) does not answer';
  for (const program of [MOUNT, NFS]) {
    const port = await registeredPort(program, timeoutMs);
    if (port === 0)
      return `the port mapper does not know ${program.name} version ${program.version} over TCP`;
    if (!(await answers(program, timeoutMs, port))) return `${program.name} (${port}/tcp) does not answer`;
  }
  return undefined;
}

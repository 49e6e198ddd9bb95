import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { messageOf } from '#errors.js';

/**
 * Questions to the port mapper (RFC 1833, version 2), to MOUNT and to NFS (RFC 1813, version 3), as FOS asks them before and while it mounts.
 */
export interface RpcCall {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  /** XDR. */
  readonly parameters?: Buffer;
}

export interface Peer {
  readonly host: string;
  readonly port: number;
}

const PORT_MAPPER = { name: 'the port mapper', program: 100_000, version: 2 } as const;
const MOUNT = { name: 'MOUNT', program: 100_005, version: 3 } as const;
const NFS = { name: 'NFS', program: 100_003, version: 3 } as const;
/** Does nothing and answers, in every program. */
const PROC_NULL = 0;
const PROC_GETPORT = 3;
const MOUNT_MNT = 1;
const MOUNT_UMNT = 3;
const NFS_LOOKUP = 3;
const TCP = 6;
const UDP = 17;
const PORT_MAPPER_PORT = 111;
const XID = 0x666f_6764;
const DEFAULT_TIMEOUT_MS = 3000;
/** What an answer to any of these questions may have at most. */
const MAX_REPLY = 4096;

export function uint32(...values: readonly number[]): Buffer {
  const words = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) words.writeUInt32BE(value >>> 0, index * 4);
  return words;
}

/** Length, bytes, and zeros up to a whole word. */
export function opaque(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes, Buffer.alloc(-bytes.length & 3)]);
}

/** RFC 5531: xid, CALL, RPC version 2, program, version, procedure, credentials of AUTH_SYS (as root, from nowhere), no verifier. */
export function callMessage(xid: number, { program, version, procedure, parameters }: RpcCall): Buffer {
  const credentials = Buffer.concat([uint32(0), opaque('fogd'), uint32(0, 0, 0)]);
  return Buffer.concat([
    uint32(xid, 0, 2, program, version, procedure, 1),
    opaque(credentials),
    uint32(0, 0),
    parameters ?? Buffer.alloc(0),
  ]);
}

/** Results of an accepted, successful reply. Throws for anything that is no such reply. */
export function replyResults(message: Buffer, xid: number): Buffer {
  // xid, REPLY, MSG_ACCEPTED, verifier (flavour, length 0), SUCCESS
  const head = uint32(xid, 1, 0, 0, 0, 0);
  if (!message.subarray(0, head.length).equals(head)) throw new Error('the RPC call was refused');
  return message.subarray(head.length);
}

/** The message in a record of a TCP connection (RFC 5531 section 11). `undefined`: not whole yet. Throws for anything that is no record. */
export function recordOf(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0) & 0x7fff_ffff;
  if (length < 24 || length > MAX_REPLY || length % 4 !== 0) throw new Error('no RPC reply');
  return bytes.length < 4 + length ? undefined : bytes.subarray(4, 4 + length);
}

async function ask({ host, port }: Peer, call: RpcCall, timeoutMs: number): Promise<Buffer> {
  const message = callMessage(XID, call);
  return await new Promise((resolve, reject) => {
    const socket = connect({ host, port });
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
        const record = recordOf(received);
        if (record === undefined) return;
        resolve(replyResults(record, XID));
        socket.destroy();
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.write(Buffer.concat([uint32(0x8000_0000 | message.length), message]));
  });
}

/** The same in one datagram; sent once more when half of the time is over. */
async function askByUdp({ host, port }: Peer, call: RpcCall, timeoutMs: number): Promise<Buffer> {
  const message = callMessage(XID, call);
  return await new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const end = (work: () => void): void => {
      clearTimeout(again);
      clearTimeout(last);
      socket.close();
      work();
    };
    const fail = (error: Error): void => end(() => reject(error));
    const send = (): void => socket.send(message, port, host);
    const again = setTimeout(send, timeoutMs / 2);
    const last = setTimeout(() => fail(new Error('no answer')), timeoutMs);
    socket.once('error', fail);
    socket.on('message', (datagram, from) => {
      if (from.port !== port) return;
      try {
        const results = replyResults(datagram, XID);
        end(() => resolve(results));
      } catch (error) {
        fail(error instanceof Error ? error : new Error(String(error)));
      }
    });
    send();
  });
}

type Program = typeof PORT_MAPPER | typeof MOUNT | typeof NFS;

/** Does a port mapper answer? `false` for silence, refusal, and for something else that listens on the port. */
export function portMapperAnswers(timeoutMs = 1000, host = '127.0.0.1'): Promise<boolean> {
  return answers(ask, PORT_MAPPER, { host, port: PORT_MAPPER_PORT }, timeoutMs);
}

function answers(by: typeof ask, program: Program, peer: Peer, timeoutMs: number): Promise<boolean> {
  return by(peer, { ...program, procedure: PROC_NULL }, timeoutMs).then(
    () => true,
    () => false,
  );
}

/** Port that a program is registered at; 0 when it is not, or no port mapper answers. */
function registeredPort(
  { program, version }: Program,
  transport: typeof TCP | typeof UDP,
  host: string,
  timeoutMs: number,
): Promise<number> {
  const parameters = uint32(program, version, transport, 0);
  const call = { ...PORT_MAPPER, procedure: PROC_GETPORT, parameters };
  return ask({ host, port: PORT_MAPPER_PORT }, call, timeoutMs).then(
    (results) => (results.length < 4 ? 0 : results.readUInt32BE(0)),
    () => 0,
  );
}

/**
 * Why a machine could not mount anything from a server now, found out as it would; undefined where it could. TCP is what FOS uses; UDP is
 * asked only where the server says that it offers it. By default this machine: who answers there is fogd's.
 */
export async function clientTrouble(
  host = '127.0.0.1',
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<string | undefined> {
  if (!(await portMapperAnswers(timeoutMs, host))) return 'the port mapper (111/tcp) does not answer';
  for (const program of [MOUNT, NFS]) {
    const port = await registeredPort(program, TCP, host, timeoutMs);
    if (port === 0)
      return `the port mapper does not know ${program.name} version ${program.version} over TCP`;
    if (!(await answers(ask, program, { host, port }, timeoutMs)))
      return `${program.name} (${port}/tcp) does not answer`;
  }
  for (const program of [PORT_MAPPER, MOUNT, NFS]) {
    const port = await registeredPort(program, UDP, host, timeoutMs);
    if (port !== 0 && !(await answers(askByUdp, program, { host, port }, timeoutMs)))
      return `${program.name} offers ${port}/udp and does not answer there`;
  }
  return undefined;
}

/** What MOUNT and NFS say (RFC 1813); others are told by number. */
const STATUS: Readonly<Record<number, string>> = {
  1: 'not permitted',
  2: 'there is no such folder or file',
  13: 'access is refused to this address',
  20: 'not a folder',
  70: 'stale',
  10004: 'not supported',
};

export class NfsRefusal extends Error {
  constructor(
    readonly path: string,
    readonly status: number,
  ) {
    super(`${path}: ${STATUS[status] ?? `error ${status}`}`);
  }
}

function fileHandle(results: Buffer, path: string): Buffer {
  const status = results.readUInt32BE(0);
  if (status !== 0) throw new NfsRefusal(path, status);
  return results.subarray(8, 8 + results.readUInt32BE(4));
}

/**
 * Mounts a folder of a server and looks for files below it, by their paths in it, as an NFS client that has no kernel. Resolves when all are
 * there. Throws NfsRefusal with the path that is not, and Error where nobody answers.
 */
export async function findFiles(
  host: string,
  folder: string,
  files: readonly string[],
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<void> {
  const at = async (program: typeof MOUNT | typeof NFS): Promise<Peer> => {
    const port = await registeredPort(program, TCP, host, timeoutMs);
    if (port === 0) throw new Error(`the port mapper does not know ${program.name}`);
    return { host, port };
  };
  const mount = await at(MOUNT);
  const nfs = await at(NFS);
  const call = (procedure: number) => ({ ...MOUNT, procedure, parameters: opaque(folder) });
  const root = fileHandle(await ask(mount, call(MOUNT_MNT), timeoutMs), folder);
  try {
    for (const file of files) {
      let handle = root;
      for (const name of file.split('/')) {
        const parameters = Buffer.concat([opaque(handle), opaque(name)]);
        const results = await ask(nfs, { ...NFS, procedure: NFS_LOOKUP, parameters }, timeoutMs);
        handle = fileHandle(results, `${folder}/${file}`);
      }
    }
  } finally {
    // Only bookkeeping of the server, and FOS does not do it at all.
    await ask(mount, call(MOUNT_UMNT), timeoutMs).catch(() => undefined);
  }
}

/** Why such a look failed; undefined where it did not. */
export async function whyNot(look: () => Promise<void>): Promise<string | undefined> {
  try {
    await look();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

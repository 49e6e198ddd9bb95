/** TFTP transfers of a capture, put together from tshark's reading of their packets. */
import type { Capture } from './capture.js';

const RRQ = 1;
const DATA = 3;
const ACK = 4;
const ERROR = 5;
const OACK = 6;

export interface TftpTransfer {
  /** Seconds since the capture began. */
  readonly at: number;
  /** `address:port` of the client. */
  readonly client: string;
  readonly file: string;
  /** Options as the client asked for them, e.g. `tsize=0,blksize=1468`. */
  readonly options: string;
  /** The server's port of the transfer; 0 when it never answered. */
  serverPort: number;
  /** Bytes of file in the blocks sent, each block counted once. */
  bytes: number;
  /** True when the client acknowledged the last block sent. */
  complete: boolean;
  /**
   * Message of an ERROR packet from either side. OVMF asks once only for the size and breaks that transfer
   * off: not a failure.
   */
  error: string | undefined;
}

/** Read requests in the order they were sent. */
export async function tftpTransfers(capture: Capture): Promise<TftpTransfer[]> {
  const rows = await capture.fields('tftp', [
    'frame.time_relative',
    'ip.src',
    'udp.srcport',
    'ip.dst',
    'udp.dstport',
    'udp.length',
    'tftp.opcode',
    'tftp.source_file',
    'tftp.block.full',
    'tftp.error.message',
    'tftp.option.name',
    'tftp.option.value',
  ]);
  const transfers: TftpTransfer[] = [];
  const running = new Map<string, TftpTransfer>();
  const lastBlock = new Map<TftpTransfer, number>();
  const blockSizes = new Map<TftpTransfer, number>();
  for (const row of rows) {
    const field = (index: number): string => row[index] ?? '';
    const source = `${field(1)}:${field(2)}`;
    const destination = `${field(3)}:${field(4)}`;
    const opcode = Number(field(6));
    if (opcode === RRQ) {
      // The same request again from the same port, not answered yet, is a retransmission.
      if (running.get(source)?.serverPort === 0) continue;
      const names = field(10).split(',');
      const values = field(11).split(',');
      const transfer: TftpTransfer = {
        at: Number(field(0)),
        client: source,
        file: field(7),
        options: names.map((name, index) => `${name}=${values[index] ?? ''}`).join(','),
        serverPort: 0,
        bytes: 0,
        complete: false,
        error: undefined,
      };
      transfers.push(transfer);
      running.set(source, transfer);
      continue;
    }
    const transfer = running.get(source) ?? running.get(destination);
    if (!transfer) continue;
    const fromServer = running.get(source) === undefined;
    if (fromServer) transfer.serverPort = Number(field(2));
    const block = Number(field(8));
    const last = lastBlock.get(transfer) ?? 0;
    if (opcode === OACK) {
      const at = field(10).toLowerCase().split(',').indexOf('blksize');
      if (at >= 0) blockSizes.set(transfer, Number(field(11).split(',')[at]));
    } else if (opcode === DATA && block > last) {
      const bytes = Number(field(5)) - 8; // UDP header
      // A window that the kernel has not taken apart yet: several blocks, each with a header of 4 bytes, in what looks like one packet.
      const blocks = Math.max(1, Math.ceil(bytes / ((blockSizes.get(transfer) ?? 512) + 4)));
      transfer.bytes += bytes - 4 * blocks;
      lastBlock.set(transfer, block + blocks - 1);
      transfer.complete = false;
    } else if (opcode === ACK && !fromServer && last > 0 && block === last) {
      transfer.complete = true;
    } else if (opcode === ERROR) {
      transfer.error = field(9) || 'without a message';
    }
  }
  return transfers;
}

/**
 * What was on the wire. One tcpdump on the bridge sees every packet of the segment; tshark, a dissector
 * that knows nothing of our own codecs, reads it afterwards.
 */
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LabNetwork } from './network.js';
import { LabProcess, mustRun } from './process.js';

/**
 * Leaves out the bulk of HTTP downloads (full frames from port 80 that do not begin an answer): tshark
 * would spend seconds on 22 MB of kernel that nobody asks about.
 */
const WITHOUT_BULK =
  'not (tcp src port 80 and greater 1400 and tcp[((tcp[12:1] & 0xf0) >> 2):4] != 0x48545450)';

/** Of Linux's NFS client. tshark goes by the lower port of the two: seen, NFS from port 862 was taken for malformed TWAMP. */
const NFS_CLIENT_PORTS = '665-1023';

/** The datagram that tells the end of a capture. */
const END = 'udp port 9';

export class Capture {
  /** Everything that was sent. */
  readonly file: string;
  /** The same without the bulk of downloads: what the readers read. */
  readonly #brief: string;
  readonly #process: LabProcess;
  readonly #network: LabNetwork;
  #stopped = false;

  private constructor(network: LabNetwork, folder: string, filter: string) {
    this.#network = network;
    this.file = join(folder, 'segment.pcap');
    this.#brief = join(network.folder, 'brief.pcap');
    this.#process = new LabProcess(network.cleanup, {
      namespace: network.switchNamespace,
      logFile: join(folder, 'tcpdump.log'),
      // -Z root: as user tcpdump it could not write here, and changing user drops the parent-death signal.
      argv: [
        ...['tcpdump', '-i', 'br0', '-n', '-U', '-s', '0', '-B', '16384', '-Z', 'root', '-w', this.file],
        ...(filter === '' ? [] : [`(${filter}) or ${END}`]),
      ],
    });
  }

  /** Resolves when packets are being caught; call it before anything else sends. `filter` in the words of pcap-filter(7): nothing else is caught. */
  static async start(network: LabNetwork, folder: string, filter = ''): Promise<Capture> {
    const capture = new Capture(network, folder, filter);
    await capture.#process.waitForOutput('listening on');
    return capture;
  }

  /** Flushes and closes the file. The readers below call it; packets sent later are not caught. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#flush();
    await this.#process.stop();
    const dropped = /(\d+) packets dropped by kernel/.exec(this.#process.output)?.[1] ?? '0';
    if (dropped !== '0') throw new Error(`tcpdump lost ${dropped} packets: the capture proves nothing`);
    await mustRun(['tcpdump', '-Z', 'root', '-r', this.file, '-w', this.#brief, WITHOUT_BULK]);
  }

  /**
   * The kernel hands packets over in blocks, up to a second late, and tcpdump drops the last one when it is ended (seen: 1,922 packets
   * received, 1,916 written). A datagram of our own that has arrived in the file says that everything before it has.
   */
  async #flush(): Promise<void> {
    const mark = `end of capture ${randomBytes(8).toString('hex')}`;
    const { namespace } = this.#network.host('ra');
    const send = ['socat', '-u', '-', 'UDP4-DATAGRAM:10.77.0.255:9,broadcast'];
    await mustRun(['ip', 'netns', 'exec', namespace, ...send], { input: mark });
    const deadline = Date.now() + 60_000;
    while (!(await endsWith(this.file, mark))) {
      if (Date.now() > deadline) throw new Error('tcpdump did not write the last packet within a minute');
      await pause(20);
    }
  }

  /**
   * Rows of tshark fields for packets that match a display filter; values of repeated fields joined by a
   * comma, absent fields empty.
   */
  async fields(filter: string, names: readonly string[]): Promise<string[][]> {
    await this.stop();
    const argv = ['tshark', '-n', '-r', this.#brief, '-Y', filter, '-T', 'fields', '-E', 'occurrence=a'];
    argv.push('-d', `tcp.port==${NFS_CLIENT_PORTS},rpc`);
    for (const name of names) argv.push('-e', name);
    const text = await mustRun(argv, { timeoutMs: 300_000 });
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t'));
  }

  /**
   * Packets from this address that tshark calls malformed or marks with an expert error, one line each;
   * empty when all is well.
   */
  async faults(sender: string): Promise<string[]> {
    const error = 0x00800000;
    const rows = await this.fields(
      `ip.src == ${sender} && (_ws.malformed || _ws.expert.severity >= ${error})`,
      ['frame.number', '_ws.col.Protocol', '_ws.expert.message', '_ws.col.Info'],
    );
    return rows.map((row) => row.join(' '));
  }
}

/** Whether a text stands in the last 64 KiB of a file. */
async function endsWith(file: string, text: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, 65_536);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.includes(text);
  } finally {
    await handle.close();
  }
}

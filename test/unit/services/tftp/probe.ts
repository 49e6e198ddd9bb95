import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode, type Malformed, type Option, type Packet } from '#services/tftp/packet.js';

export interface Heard {
  readonly packet: Packet | Malformed;
  readonly from: RemoteInfo;
}

/** A client under the test's control: says exactly what it is told to, and hands out what it hears one by one. */
export class Probe {
  readonly #heard: Heard[] = [];
  readonly #waiting: ((heard: Heard) => void)[] = [];

  private constructor(
    private readonly socket: Socket,
    private readonly server: { readonly address: string; readonly port: number },
  ) {
    socket.on('message', (bytes, from) => {
      const heard = { packet: decode(bytes), from };
      const next = this.#waiting.shift();
      if (next) next(heard);
      else this.#heard.push(heard);
    });
  }

  static async open(
    server: { readonly address: string; readonly port: number },
    address = '127.0.0.1',
  ): Promise<Probe> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new Probe(socket, server);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Packets heard and not taken yet. */
  get unread(): number {
    return this.#heard.length;
  }

  send(bytes: Buffer, port = this.server.port): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(bytes, port, this.server.address, (error) => (error ? reject(error) : resolve()));
    });
  }

  say(packet: Packet, port?: number): Promise<void> {
    return this.send(encode(packet), port);
  }

  read(file: string, options: readonly Option[] = [], mode = 'octet'): Promise<void> {
    return this.say({ kind: 'read', file, mode, options });
  }

  hear(): Promise<Heard> {
    const heard = this.#heard.shift();
    if (heard) return Promise.resolve(heard);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('heard nothing for half a minute')), 30_000);
      this.#waiting.push((next) => {
        clearTimeout(timer);
        resolve(next);
      });
    });
  }

  /** Fetches a whole file in lock-step; fails with the server's ERROR. */
  async fetch(file: string, options: readonly Option[] = [], mode = 'octet'): Promise<Buffer> {
    await this.read(file, options, mode);
    const parts: Buffer[] = [];
    let blockSize = 512;
    for (;;) {
      const { packet, from } = await this.hear();
      if (packet.kind === 'oack') {
        blockSize = Number(packet.options.find(({ name }) => name === 'blksize')?.value ?? 512);
        await this.say({ kind: 'ack', block: 0 }, from.port);
      } else if (packet.kind === 'data') {
        if (packet.block === ((parts.length + 1) & 0xffff)) parts.push(packet.data);
        await this.say({ kind: 'ack', block: packet.block }, from.port);
        if (packet.data.length < blockSize) return Buffer.concat(parts);
      } else
        throw new Error(packet.kind === 'error' ? `error ${packet.code}: ${packet.message}` : packet.kind);
    }
  }

  close(): void {
    this.socket.close();
  }
}

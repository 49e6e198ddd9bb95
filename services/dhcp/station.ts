import { FogdError, messageOf } from '#errors.js';
import { dhcpErrors } from './errors.js';
import { type Interfaces, type Link, readLink } from './link.js';
import type { PacketSocket, PortHolder, SocketRequest } from './sockets.js';
import type { Endpoint } from './verdict.js';

export interface StationOptions {
  readonly name: string;
  readonly ports: readonly number[];
  /** os.networkInterfaces. */
  readonly interfaces: () => Interfaces;
  /** The kernel's number of an interface. */
  readonly indexOf: (name: string) => number | undefined;
  readonly openSocket: (request: SocketRequest) => Promise<PacketSocket>;
  readonly portHolder: PortHolder | undefined;
  /** What keeps the interface from being served as it is now. */
  readonly obstacle: (link: Link) => FogdError | undefined;
  readonly onMessage: (port: number, message: Buffer, from: Endpoint) => void;
}

/** A named interface and what listens on it; follows it when it appears, goes, comes back, or changes its address. */
export class Station {
  readonly name: string;
  readonly #options: StationOptions;
  #link: Link | undefined;
  #trouble: FogdError | undefined;
  #sockets: PacketSocket[] = [];
  #index: number | undefined;

  constructor(options: StationOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Undefined while it is not served. */
  get link(): Link | undefined {
    return this.#link;
  }

  /** Why it is not served. */
  get trouble(): FogdError | undefined {
    return this.#trouble;
  }

  /** Looks at the interface as it is now and opens or closes what that asks for. Never rejects: `trouble` says what is wrong. */
  async look(): Promise<void> {
    try {
      const interfaces = this.#options.interfaces();
      const index = this.#options.indexOf(this.name);
      // A socket stays bound to the interface that is gone, also when another comes with its name.
      if (index !== this.#index) await this.close();
      if (index === undefined) {
        const existing = Object.keys(interfaces).join(', ') || 'none';
        throw dhcpErrors.DHCP_UNKNOWN_INTERFACE({ interface: this.name, existing });
      }
      const link = readLink(interfaces, this.name);
      if (this.#sockets.length === 0) await this.#open(index, Object.keys(interfaces).join(', '));
      if (link === undefined) throw dhcpErrors.DHCP_NO_ADDRESS({ interface: this.name });
      const obstacle = this.#options.obstacle(link);
      if (obstacle !== undefined) throw obstacle;
      this.#link = link;
      this.#trouble = undefined;
    } catch (error) {
      this.#fail(error);
    }
  }

  socket(port: number): PacketSocket | undefined {
    return this.#sockets.find((one) => one.port === port);
  }

  async close(): Promise<void> {
    const sockets = this.#sockets;
    this.#sockets = [];
    this.#link = undefined;
    this.#index = undefined;
    await Promise.all(sockets.map((socket) => socket.close()));
  }

  async #open(index: number, existing: string): Promise<void> {
    const { ports, openSocket, portHolder, onMessage } = this.#options;
    try {
      for (const port of ports) {
        const socket = await openSocket({
          device: this.name,
          port,
          existing,
          portHolder,
          events: {
            onMessage: (message, from) => onMessage(port, message, from),
            onFailure: (reason) => {
              this.#fail(dhcpErrors.DHCP_SOCKET_FAILED({ interface: this.name, port, reason }));
              // The next look opens it anew.
              void this.close();
            },
          },
        });
        this.#sockets.push(socket);
      }
      this.#index = index;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #fail(error: unknown): void {
    this.#link = undefined;
    this.#trouble =
      error instanceof FogdError
        ? error
        : dhcpErrors.DHCP_SOCKET_FAILED(
            { interface: this.name, port: this.#options.ports[0] ?? 0, reason: messageOf(error) },
            error,
          );
  }
}

import type { Clock } from '#daemon/clock.js';
import type { Health, Service } from '#daemon/service.js';
import type { FogdError } from '#errors.js';
import { parsePorts } from '#settings/formats.js';
import type { Settings } from '#settings/schema.js';
import type { Recorder } from '#trace/decision.js';
import { Addresses } from './addresses.js';
import { type Files, type Generated, Library } from './library.js';
import { RequestDesk } from './request-desk.js';

/** RFC 1350. */
const REQUESTS = 69;
/** How long a running transfer may go on after the order to stop. */
const DRAIN_MS = 5_000;
const DRAIN_STEP_MS = 50;
/** How often addresses that came or went, and ports that were taken, are looked at. */
const RESCAN_MS = 5_000;

export interface TftpDeps {
  readonly settings: Pick<Settings, 'tftp'>;
  readonly files: Files;
  /** `default.ipxe`, `autoexec.ipxe`: text for the address that was asked. */
  readonly generated: Generated;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Addresses of this machine, loopback included, IPv4 and IPv6. */
  readonly addresses: () => readonly string[];
  /** Names the program that holds a port, for the error. */
  readonly portHolder?: (port: number, protocol: 'udp') => Promise<string | undefined>;
  /** Port for requests; 0: any. */
  readonly port?: number;
}

/** TFTP (RFC 1350, 2347-2349, 7440), read only, on one port for requests and a named range for files. */
export class TftpService implements Service {
  readonly name = 'tftp';
  readonly #clock: Clock;
  readonly #desk: RequestDesk;
  readonly #addresses: Addresses;
  #cancelRescan: () => void = () => undefined;
  #rescanning: Promise<void> = Promise.resolve();
  readonly #enabled: boolean;
  #running = false;

  constructor(deps: TftpDeps) {
    const { clock } = deps;
    const settings = deps.settings.tftp;
    const port = deps.port ?? REQUESTS;
    const range = settings.single_port ? { first: port, last: port } : parsePorts(settings.port_range);
    if (!range)
      throw new RangeError(`tftp.port_range ${settings.port_range} has passed the schema and is no range`);
    this.#clock = clock;
    this.#enabled = settings.enabled;
    this.#desk = new RequestDesk({
      clock,
      recorder: deps.recorder,
      library: new Library(deps.files, deps.generated, settings.ignore_case),
      maxBlockSize: settings.max_block_size,
      maxWindowSize: settings.max_window_size,
      ports: range.first === range.last ? String(range.first) : `${range.first}-${range.last}`,
    });
    this.#addresses = new Addresses({
      list: deps.addresses,
      port,
      range,
      portHolder: deps.portHolder ?? (async () => undefined),
      receive: (local, endpoint, bytes, peer) => this.#desk.receive(local, endpoint, bytes, peer),
    });
  }

  /** Where requests are heard. */
  get listening(): readonly { readonly address: string; readonly port: number }[] {
    return this.#addresses.open.map(({ address, listener }) => ({ address, port: listener.port }));
  }

  /** Rejects with TFTP_PORT_TAKEN, TFTP_PORT_FORBIDDEN, TFTP_PORT_FAILED or TFTP_RANGE_TAKEN. */
  async start(_fail: (error: FogdError) => void): Promise<void> {
    if (!this.#enabled) return;
    this.#desk.open();
    await this.#addresses.start();
    this.#running = true;
    this.#scheduleRescan();
  }

  /** Running transfers go on for a few seconds; what is left then is told to its client. New requests are not answered meanwhile. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#cancelRescan();
    await this.#rescanning;
    this.#desk.close();
    for (let waited = 0; this.#desk.transfers > 0 && waited < DRAIN_MS; waited += DRAIN_STEP_MS) {
      await new Promise<void>((resolve) => this.#clock.after(DRAIN_STEP_MS, resolve));
    }
    this.#addresses.close('this server is being stopped');
  }

  /** How many run now. */
  get transfers(): number {
    return this.#desk.transfers;
  }

  health(): Health {
    if (!this.#enabled) return { state: 'off', detail: 'tftp.enabled = false' };
    const { problems } = this.#addresses;
    const transfers = this.#desk.transfers;
    const running = transfers === 1 ? '1 transfer' : `${transfers} transfers`;
    const { received, requests, ofTransfers, strange } = this.#desk.counts;
    const traffic = `${received} packets: ${requests} requests, ${ofTransfers} of their transfers, ${strange} of nobody`;
    const detail = `${this.#addresses.summary}, ${running}; ${traffic}`;
    return problems.length > 0
      ? { state: 'degraded', detail: [...problems, detail].join('; ') }
      : { state: 'ok', detail };
  }

  #scheduleRescan(): void {
    this.#cancelRescan = this.#clock.afterAbout(RESCAN_MS, () => {
      this.#rescanning = this.#addresses.rescan().then(() => {
        if (this.#running) this.#scheduleRescan();
      });
    });
  }
}

import { run } from '#daemon/child.js';
import { nfsErrors } from './errors.js';

/** ganesha's control interface, on a message bus of its own that nobody else is on. */

const NAME = 'org.ganesha.nfsd';
const MANAGER = '/org/ganesha/nfsd/ExportMgr';
const TIMEOUT_MS = 5_000;

/** Configuration of the private bus: one socket, and only the user that runs it gets in. */
export function busConfig(socket: string): string {
  return [
    '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">',
    '<busconfig>',
    '  <type>system</type>',
    `  <listen>unix:path=${socket}</listen>`,
    '  <auth>EXTERNAL</auth>',
    '  <policy context="default">',
    '    <allow own="*"/>',
    '    <allow send_destination="*"/>',
    '    <allow send_type="method_call"/>',
    '    <allow receive_sender="*"/>',
    '  </policy>',
    '</busconfig>',
    '',
  ].join('\n');
}

/** An export as ganesha says that it has it. */
export interface ShownExport {
  readonly id: number;
  /** Pseudo path or path; ganesha 4.3 tells the path. */
  readonly path: string;
}

/** The answer of ShowExports, as dbus-send prints it: structures that begin with the number and the path. */
export function shownExports(reply: string): ShownExport[] {
  return [...reply.matchAll(/struct \{\s+uint16 (\d+)\s+string "([^"]*)"/g)].map(([, id, path]) => ({
    id: Number(id),
    path: path ?? '',
  }));
}

export class Bus {
  readonly #address: string;

  constructor(
    private readonly program: string,
    socket: string,
    private readonly log: string,
  ) {
    this.#address = `unix:path=${socket}`;
  }

  /** Adds one export of the configuration file. The text of a refusal is ganesha's. */
  async add(configFile: string, id: number): Promise<string | undefined> {
    return await this.#change('AddExport', `string:${configFile}`, `string:EXPORT(Export_Id=${id})`);
  }

  async remove(id: number): Promise<string | undefined> {
    return await this.#change('RemoveExport', `uint16:${id}`);
  }

  /** Throws NFS_BUS_FAILED. */
  async show(): Promise<ShownExport[]> {
    const result = await this.#call('ShowExports');
    if (result.code !== 0) throw this.#failed(result.stderr);
    return shownExports(result.stdout);
  }

  /** Whether the server has this export. Throws NFS_BUS_FAILED. */
  async has(id: number): Promise<boolean> {
    const refusal = await this.#change('DisplayExport', `uint16:${id}`);
    if (refusal === undefined) return true;
    if (/export id not found/i.test(refusal)) return false;
    throw this.#failed(refusal);
  }

  /** True once ganesha is on the bus. */
  async answers(): Promise<boolean> {
    return (await this.#call('ShowExports')).code === 0;
  }

  /** Undefined when done, else ganesha's reason why not. Throws NFS_BUS_FAILED where nobody answered. */
  async #change(method: string, ...args: string[]): Promise<string | undefined> {
    const result = await this.#call(method, ...args);
    if (result.code === 0) return undefined;
    const reason = oneLine(result.stderr);
    if (/NoReply|ServiceUnknown|Disconnected|NoServer|Failed to open connection/.test(reason))
      throw this.#failed(reason);
    return reason;
  }

  #call(method: string, ...args: string[]) {
    const call = ['--system', '--print-reply', `--reply-timeout=${TIMEOUT_MS}`, '--type=method_call'];
    return run(
      [this.program, ...call, `--dest=${NAME}`, MANAGER, `org.ganesha.nfsd.exportmgr.${method}`, ...args],
      {
        env: { DBUS_SYSTEM_BUS_ADDRESS: this.#address },
        timeoutMs: TIMEOUT_MS + 1_000,
        // A thousand exports are some hundred bytes each.
        outputLimit: 16 * 1024 * 1024,
      },
    );
  }

  #failed(text: string) {
    return nfsErrors.NFS_BUS_FAILED({ reason: oneLine(text), log: this.log });
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 500) || 'no answer';
}

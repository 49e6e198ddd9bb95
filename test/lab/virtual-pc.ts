/**
 * A virtual PC on the lab network. QEMU with TCG only: KVM on nested machines was seen to die in iPXE's and
 * OVMF's real-mode code, and a fallback would pick the broken one.
 */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabNetwork } from './network.js';
import { describeExit, type Exit, LabProcess, within } from './process.js';
import { Qmp, type QmpEvent } from './qmp.js';
import { inRepository } from './repository.js';
import { Screen } from './screen.js';

/** `bios`: SeaBIOS with QEMU's iPXE option ROM. `uefi`: OVMF with its own PXE client, no option ROM. */
export type Firmware = 'bios' | 'uefi';

export interface Nic {
  readonly mac: string;
  /** QEMU's device name; default virtio-net-pci. */
  readonly model?: string;
}

export interface Disk {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
}

/** What tells one machine from another; the rest of its SMBIOS is the fixture's. */
export interface Identity {
  readonly uuid: string;
  readonly serial: string;
}

/** The machine of test/fixtures/fos-wire; its strings hold what is delicate in forms (`+`, `/`, blank). */
export const DEFAULT_IDENTITY: Identity = {
  uuid: '4c4c4544-0038-3010-8051-b4c04f4d3532',
  serial: 'SER+1234/X',
};

/** 192 MB is what the imaging environment promises to boot in; OVMF takes some for itself. */
const MEMORY_MIB = { bios: 192, uefi: 256 } as const;

export interface VirtualPcOptions {
  readonly network: LabNetwork;
  /** Name for logs. */
  readonly name: string;
  /** Where serial log, QEMU log and firmware variables go. */
  readonly folder: string;
  readonly firmware: Firmware;
  readonly identity?: Partial<Identity>;
  readonly memoryMiB?: number;
  /** Default: one virtio NIC with 52:54:00:77:00:01. The first one boots. */
  readonly nics?: readonly Nic[];
  readonly disk?: Disk;
  /** Appended to QEMU's arguments. */
  readonly extraArguments?: readonly string[];
}

export const DEFAULT_MAC = '52:54:00:77:00:01';

const OVMF_CODE = '/usr/share/OVMF/OVMF_CODE_4M.fd';
const OVMF_VARS = '/usr/share/OVMF/OVMF_VARS_4M.fd';

export class VirtualPc {
  readonly name: string;
  readonly firmware: Firmware;
  /** Hardware address of the first NIC. */
  readonly mac: string;
  readonly screen: Screen;
  readonly #process: LabProcess;
  readonly #memoryMiB: number;
  readonly #watchers = new Set<() => void>();
  #quietSince = -1;
  #qmp: Qmp | undefined;
  #resets = 0;

  private constructor(options: VirtualPcOptions, argv: readonly string[]) {
    this.name = options.name;
    this.firmware = options.firmware;
    this.#memoryMiB = memoryOf(options);
    this.mac = options.nics?.[0]?.mac ?? DEFAULT_MAC;
    this.screen = new Screen(join(options.folder, `${options.name}.serial`), (bytes) =>
      this.#process.write(Buffer.from(bytes, 'latin1')),
    );
    this.#process = new LabProcess(options.network.cleanup, {
      namespace: options.network.switchNamespace,
      argv,
      logFile: join(options.folder, `${options.name}.qemu.log`),
      onStdout: (chunk) => this.screen.feed(chunk),
    });
    void this.#process.exited.then((exit) => {
      this.screen.end(`${this.name} is off (${describeExit(exit)} ${this.#process.output})`);
      this.#qmp?.close();
      this.#wake();
    });
  }

  /** Turns the machine on; resolves when it runs. */
  static async powerOn(options: VirtualPcOptions): Promise<VirtualPc> {
    const control = join(options.network.folder, `${options.name}.qmp`);
    const taps: string[] = [];
    for (const _nic of options.nics ?? [undefined]) taps.push(await options.network.addTap());
    const pc = new VirtualPc(options, qemuArguments(options, taps, control));
    // Stopped at power-on (-S) until the control connection stands, so that no event is missed.
    await pc.#control(control);
    return pc;
  }

  /** How often the machine was reset since power-on. */
  get resets(): number {
    return this.#resets;
  }

  get isOff(): boolean {
    return this.#process.exit !== undefined;
  }

  /** Waits until the machine was reset for the nth time since power-on. */
  async waitForReset(count: number, timeoutMs: number): Promise<void> {
    let watcher: (() => void) | undefined;
    const done = new Promise<void>((resolve, reject) => {
      watcher = (): void => {
        if (this.#resets >= count) resolve();
        else if (this.isOff) reject(new Error(`${this.name} went off instead of rebooting`));
      };
      this.#watchers.add(watcher);
      watcher();
    });
    try {
      await within(done, timeoutMs, `no reboot of ${this.name}; the screen:\n${this.screen.snapshot()}\n`);
    } finally {
      if (watcher) this.#watchers.delete(watcher);
    }
  }

  /** Waits until the machine powered itself off. */
  async waitForPowerOff(timeoutMs: number): Promise<Exit> {
    return await this.#process.waitForExit(timeoutMs);
  }

  /**
   * Waits for a line that the disk prints when it has booted, after the boot script let go of the machine
   * (`from`: a mark before that).
   *
   * OVMF goes on to HTTP boot on the same NIC before it comes to the disk, and waits about a minute for
   * each address family. Without a cable it skips them at once, so the cable is out meanwhile.
   */
  async waitForDiskBoot(line: string, timeoutMs: number, from: number): Promise<void> {
    if (this.firmware === 'uefi') {
      await this.screen.waitFor('No more network devices', timeoutMs, from);
      await this.setCable(false);
    }
    await this.screen.waitFor(line, timeoutMs, from);
    await this.setCable(true);
  }

  /** Plugs the cable of the first NIC in or out. */
  async setCable(plugged: boolean): Promise<void> {
    await this.#qmp?.execute('set_link', { name: 'n0', up: plugged });
  }

  /** Stops its clock: nothing runs in it until `resume`, its connections stay. */
  async pause(): Promise<void> {
    await this.#qmp?.execute('stop');
  }

  async resume(): Promise<void> {
    await this.#qmp?.execute('cont');
  }

  /** Writes all its memory (less than 2 GiB) into a file. */
  async saveMemory(filename: string): Promise<void> {
    await this.#qmp?.execute('pmemsave', { val: 0, size: this.#memoryMiB * 1024 * 1024, filename });
  }

  /** The reset button. */
  async reset(): Promise<void> {
    await this.#qmp?.execute('system_reset');
  }

  /** Pulls the plug. */
  async powerOff(): Promise<void> {
    await this.#process.stop();
  }

  async #control(path: string): Promise<void> {
    // QEMU makes its socket within milliseconds and has no way to say when.
    for (const deadline = Date.now() + 120_000; !existsSync(path); ) {
      if (this.isOff) throw new Error(`QEMU did not start:\n${this.#process.output}`);
      if (Date.now() > deadline) throw new Error('QEMU made no control socket in 10 s');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // It may be there a moment before it listens.
    for (const deadline = Date.now() + 120_000; this.#qmp === undefined; ) {
      try {
        this.#qmp = await Qmp.open(path, (event) => this.#onEvent(event));
      } catch (error) {
        if (Date.now() > deadline || this.isOff) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    await this.#qmp.execute('cont');
  }

  #onEvent(event: QmpEvent): void {
    if (event.event !== 'RESET') return;
    // SeaBIOS answers a soft reset with a hard one of its own before it prints anything: one boot, not two.
    const printed = this.screen.mark();
    if (printed === this.#quietSince) return;
    this.#quietSince = printed;
    this.#resets += 1;
    this.#wake();
  }

  #wake(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}

const memoryOf = ({ memoryMiB, firmware }: VirtualPcOptions): number => memoryMiB ?? MEMORY_MIB[firmware];

function qemuArguments(options: VirtualPcOptions, taps: readonly string[], control: string): string[] {
  const identity = { ...DEFAULT_IDENTITY, ...options.identity };
  const argv = [
    'qemu-system-x86_64',
    ...['-name', options.name, '-S', '-nodefaults', '-no-user-config'],
    // graphics=off: SeaBIOS mirrors the BIOS screen, and with it iPXE, to the serial port.
    ...['-machine', 'q35,graphics=off', '-accel', 'tcg', '-cpu', 'max', '-smp', '1'],
    ...['-m', String(memoryOf(options)), '-display', 'none', '-vga', 'none'],
    ...['-serial', 'stdio', '-monitor', 'none', '-qmp', `unix:${control},server=on,wait=off`],
    ...identityArguments(identity),
  ];
  if (options.firmware === 'uefi') {
    const variables = join(options.folder, `${options.name}.vars.fd`);
    copyFileSync(OVMF_VARS, variables);
    argv.push(
      ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${OVMF_CODE}`],
      ...['-drive', `if=pflash,format=raw,unit=1,file=${variables}`],
      // Each address family that nobody answers costs OVMF a minute.
      ...['-fw_cfg', 'name=opt/org.tianocore/IPv6PXESupport,string=no'],
    );
  }
  (options.nics ?? [{ mac: DEFAULT_MAC }]).forEach((nic, index) => {
    const boot = index === 0 ? ',bootindex=1' : '';
    // An empty romfile leaves OVMF alone with its own PXE client.
    const rom = options.firmware === 'uefi' ? ',romfile=' : '';
    argv.push(
      ...['-netdev', `tap,id=n${index},ifname=${taps[index]},script=no,downscript=no`],
      ...['-device', `${nic.model ?? 'virtio-net-pci'},netdev=n${index},mac=${nic.mac}${boot}${rom}`],
    );
  });
  if (options.disk) {
    argv.push(
      // The image lives for one scenario; its writes need not survive a power cut.
      ...['-drive', `file=${options.disk.path},if=none,id=d0,cache=unsafe,format=${options.disk.format}`],
      ...['-device', 'virtio-blk-pci,drive=d0,bootindex=2'],
    );
  }
  return [...argv, ...(options.extraArguments ?? [])];
}

/** The fixture's own arguments (one a line), with this machine's identity put in. */
function identityArguments(identity: Identity): string[] {
  return readFileSync(inRepository('test', 'fixtures', 'fos-wire', 'virtual-pc.args'), 'utf8')
    .replaceAll(DEFAULT_IDENTITY.uuid, identity.uuid)
    .replace(`serial=${DEFAULT_IDENTITY.serial}`, `serial=${identity.serial}`)
    .split('\n')
    .filter(Boolean);
}

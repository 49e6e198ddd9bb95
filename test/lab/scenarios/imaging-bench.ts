/** What the imaging scenarios share: a source disk, machines with their own identity, an image on the server, the verdict on a target. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Listing, listFiles } from '../file-listing.js';
import type { FogdUnderTest } from '../fogd.js';
import { imagingDiskBytes, writeImagingDisk } from '../imaging-disk.js';
import { orderTask, waitForState } from '../imaging-tasks.js';
import type { LabHost } from '../network.js';
import { type DiskContent, differences, readDisk, type Tolerance } from '../read-back.js';
import type { Lab, Scenario } from '../scenario.js';
import type { Firmware, VirtualPc } from '../virtual-pc.js';
import { fogdSettings } from './segment.js';

export const IMAGE = 'base';

/** partclone, the file system tools and the page cache of NFS; the menu modes need less. */
const MEMORY_MIB = 512;

/** One of `fogd image generations --json`, as far as scenarios read it. */
interface GenerationLine {
  readonly number: number;
  readonly state: string;
  readonly place: string;
  readonly reason: string;
}

export class ImagingBench {
  readonly lab: Lab;
  fogd: FogdUnderTest;
  readonly #known = new Set<number>();

  private constructor(lab: Lab, fogd: FogdUnderTest) {
    this.lab = lab;
    this.fogd = fogd;
  }

  static async open(
    lab: Lab,
    type: 'n' | 'mps' | 'dd',
    more: Record<string, unknown> = {},
    host?: LabHost,
  ): Promise<ImagingBench> {
    const fogd = await lab.startFogd({ ...fogdSettings('server'), ...more }, host);
    await fogd.cli('image', 'add', IMAGE, '--type', type, '--path', IMAGE);
    lab.step('fogd runs');
    return new ImagingBench(lab, fogd);
  }

  path(name: string): string {
    return join(this.lab.network.folder, `${name}.img`);
  }

  /** A disk with contents of its own. */
  async sourceDisk(name: string, table: 'gpt' | 'dos', nonce = freshNonce(), megabytes = 18) {
    const path = this.path(name);
    return { path, nonce, content: await writeImagingDisk({ path, table, nonce, megabytes }) };
  }

  /** A blank disk, 160 MiB larger than the source. */
  blankDisk(name: string): string {
    const path = this.path(name);
    writeFileSync(path, '');
    truncateSync(path, imagingDiskBytes() + 160 * 1024 * 1024);
    return path;
  }

  /** The host of the nth machine, made when it is not there. */
  async host(number: number): Promise<string> {
    const name = `lab-pc-${number}`;
    if (!this.#known.has(number)) await this.fogd.cli('host', 'add', name, mac(number));
    this.#known.add(number);
    return name;
  }

  async order(kind: 'capture' | 'deploy', number: number, ...more: string[]): Promise<number> {
    return await orderTask(this.fogd, kind, await this.host(number), IMAGE, ...more);
  }

  async powerOn(number: number, firmware: Firmware, diskPath: string): Promise<VirtualPc> {
    const { uuid } = this.machine(number);
    return await this.lab.powerOn(firmware, 'unused', {
      diskPath,
      memoryMiB: MEMORY_MIB,
      nics: [{ mac: mac(number) }],
      identity: { uuid, serial: `LAB-${number}` },
    });
  }

  /** What the nth machine says of itself. */
  machine(number: number): { readonly mac: string; readonly uuid: string } {
    const uuid = `4c4c4544-0038-3010-8051-b4c04f4d35${number.toString(16).padStart(2, '0')}`;
    return { mac: mac(number), uuid };
  }

  /** The whole of a capture that nothing disturbs. */
  async capture(number: number, firmware: Firmware, diskPath: string): Promise<void> {
    const task = await this.order('capture', number);
    const pc = await this.powerOn(number, firmware, diskPath);
    await this.complete(task, pc);
    await pc.powerOff();
    await this.verified();
    this.lab.step(`captured machine ${number}, and verified`);
  }

  /** Waits until the current generation was read back whole. */
  async verified(): Promise<void> {
    await this.#generation('was not verified', ({ state, place }) => {
      if (place === 'current' && state === 'damaged') throw new Error('the image is damaged');
      return place === 'current' && state === 'verified';
    });
  }

  /** Waits until that generation has the place of the image, and was read back whole. */
  async placed(wanted: number): Promise<void> {
    await this.#generation(
      `did not become generation ${wanted}`,
      ({ number, state, place }) => number === wanted && place === 'current' && state === 'verified',
    );
  }

  async #generation(otherwise: string, is: (line: GenerationLine) => boolean): Promise<void> {
    for (const deadline = Date.now() + 120_000; ; ) {
      const text = await this.fogd.cli('image', 'generations', IMAGE, '--json');
      if ((JSON.parse(text) as GenerationLine[]).some(is)) return;
      if (Date.now() > deadline) throw new Error(`the image ${otherwise}: ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  }

  /** Waits for the task's completion; a fatal error of the imaging environment is shown at once. */
  async complete(task: number, pc: VirtualPc, timeoutMs = 300_000): Promise<void> {
    try {
      await waitForState(this.fogd, task, 'Complete', timeoutMs);
    } catch (error) {
      throw new Error(`${String(error)}\nthe screen of ${pc.name}:\n${pc.screen.snapshot()}`, {
        cause: error,
      });
    }
  }

  /** Facts about each file of the published generation. */
  published(): Listing {
    return listFiles(join(this.fogd.state, 'images', IMAGE));
  }

  async assertTarget(expected: DiskContent, path: string, tolerance: Tolerance = {}): Promise<DiskContent> {
    const actual = await readDisk(path);
    assert.deepEqual(differences(expected, actual, tolerance), [], `differences on ${path}`);
    this.lab.step(`${path.split('/').at(-1)} holds what was captured, and is clean`);
    return actual;
  }
}

export function freshNonce(): string {
  return randomBytes(6).toString('hex');
}

function mac(number: number): string {
  return `52:54:00:77:01:${number.toString(16).padStart(2, '0')}`;
}

/** A scenario that needs the daemon and the imaging environment. */
export function imagingScenario(
  name: string,
  title: string,
  timeoutSeconds: number,
  run: Scenario['run'],
): Scenario {
  return { name, title, needs: ['fogd', 'imaging-os'], timeoutSeconds, run };
}

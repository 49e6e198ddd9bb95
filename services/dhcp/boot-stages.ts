import { RecentMap } from '#recent-map.js';
import type { Client } from './client.js';

/** What a machine's last boot has come to. */
interface Stage {
  readonly firmware: 'pxe' | 'http' | undefined;
  readonly hasIpxe: boolean;
  readonly at: number;
}

/** A machine is still in the same boot that long after its iPXE asked for an address. */
const SAME_BOOT_MS = 15 * 60_000;
/** Machines that are remembered; of more, those that were silent for longest are forgotten. */
const REMEMBERED = 10_000;

/** Remembers how far machines got, to tell a first boot by HTTP from what firmware tries after PXE. */
export class BootStages {
  readonly #stages = new RecentMap<string, Stage>(REMEMBERED);

  note({ mac, isBooting, isHttp, isIpxe }: Client, now: number): void {
    if (!isBooting) return;
    const before = this.#stages.get(mac);
    if (isIpxe) this.#stages.set(mac, { firmware: before?.firmware, hasIpxe: true, at: now });
    else if (isHttp && this.hasLeftPxe(before, now)) this.#stages.set(mac, { ...before, at: now });
    else this.#stages.set(mac, { firmware: isHttp ? 'http' : 'pxe', hasIpxe: false, at: now });
  }

  /** Whether its iPXE, started by PXE, gave the boot back to the firmware. */
  isPastPxe(mac: string, now: number): boolean {
    return this.hasLeftPxe(this.#stages.get(mac), now);
  }

  private hasLeftPxe(stage: Stage | undefined, now: number): stage is Stage {
    return stage?.firmware === 'pxe' && stage.hasIpxe && now - stage.at < SAME_BOOT_MS;
  }
}

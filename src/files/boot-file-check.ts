import type { Health, Service } from '#daemon/service.js';
import { fileErrors } from './errors.js';

/** What this check needs of the boot-file store. */
interface BootFileStore {
  has(name: string): boolean;
}

/** Without these no ordinary PC boots; each with the way to get it. */
const NEEDED: ReadonlyArray<{ readonly files: readonly string[]; readonly remedy: string }> = [
  { files: ['undionly.kpxe', 'snponly.efi'], remedy: 'apt-get install ipxe' },
  { files: ['bzImage', 'init.xz'], remedy: 'imaging-os/build var/imaging-os' },
];

/**
 * Tells at start and in the status when a boot file is missing, instead of leaving it to the first PC that asks. Owns nothing: as a service it
 * is tried again until the files are there.
 */
export class BootFileCheck implements Service {
  readonly name = 'boot-files';

  constructor(private readonly store: BootFileStore) {}

  async start(): Promise<void> {
    const missing = NEEDED.map(({ files, remedy }) => ({
      files: files.filter((file) => !this.store.has(file)),
      remedy,
    })).filter(({ files }) => files.length > 0);
    if (missing.length === 0) return;
    throw fileErrors.BOOT_FILE_MISSING({
      files: missing.flatMap(({ files }) => files).join(', '),
      commands: missing.map(({ remedy }) => remedy).join('; '),
    });
  }

  async stop(): Promise<void> {
    // Nothing is held.
  }

  health(): Health {
    return { state: 'ok', detail: NEEDED.flatMap(({ files }) => files).join(', ') };
  }
}

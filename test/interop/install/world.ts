/** A fresh Debian, a built checkout and newer ones of it, for the tests of the installation. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Cleanup } from '../../lab/cleanup.js';
import { Container } from '../../lab/container.js';
import { unpackDebianRoot } from '../../lab/debian-root.js';
import { uniquePrefix } from '../../lab/names.js';
import { type CommandResult, command, mustRun } from '../../lab/process.js';
import { inRepository, repositoryRoot } from '../../lab/repository.js';

/** Debian's release; others are tried with FOGD_TEST_SUITE=trixie and noble (Ubuntu). */
export const SUITE = process.env.FOGD_TEST_SUITE ?? 'bookworm';

/** What of a checkout is installed, or does it, besides what was built. */
const PARTS = [
  'package.json',
  'package-lock.json',
  'README.md',
  'bin',
  'config',
  'docs',
  'scripts',
  'systemd',
];

export class InstallWorld {
  readonly cleanup = new Cleanup();
  readonly folder = mkdtempSync(join(tmpdir(), `${uniquePrefix()}-`));
  readonly root = join(this.folder, 'root');
  /** Folder of the checkouts; a container sees it as /src. */
  readonly source = join(this.folder, 'src');

  private constructor() {
    const remove = (): void => rmSync(this.folder, { recursive: true, force: true });
    this.cleanup.defer(`folder ${this.folder}`, remove, remove);
  }

  /** With a built checkout. */
  static async open(): Promise<InstallWorld> {
    const world = new InstallWorld();
    await world.#addCheckout();
    await unpackDebianRoot(SUITE, world.root);
    return world;
  }

  /** With nothing but a clone in /home/admin/fogd, a person's, and Node.js unpacked in /usr/local as its archive has it: headers and npm, too. */
  static async openClone(): Promise<InstallWorld> {
    const world = new InstallWorld();
    mkdirSync(world.source);
    await unpackDebianRoot(SUITE, world.root);
    const home = join(world.root, 'home', 'admin');
    await mustRun(['git', 'clone', '--quiet', repositoryRoot, join(home, 'fogd')]);
    await mustRun(['chown', '-R', '1000:1000', home]);
    const from = dirname(dirname(realpathSync(process.execPath)));
    const to = join(world.root, 'usr', 'local');
    await mustRun(['cp', '-a', '--parents', 'include/node', 'lib/node_modules/npm', to], { cwd: from });
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(to, 'bin', 'npm'));
    return world;
  }

  async close(): Promise<void> {
    await this.cleanup.close();
  }

  /** What install-service takes of a built checkout. */
  async #addCheckout(): Promise<void> {
    const lock = JSON.parse(readFileSync(inRepository('package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: true }>;
    };
    const modules = Object.entries(lock.packages)
      .filter(([path, { dev }]) => path !== '' && !dev && existsSync(inRepository(path)))
      .map(([path]) => path);
    const built = ['dist/src', 'dist/services', 'dist/scripts', 'dist/.built', 'var/imaging-os', ...modules];
    const folder = join(this.source, 'now');
    mkdirSync(folder, { recursive: true });
    await mustRun(['cp', '-a', '--parents', ...PARTS, ...built, folder], {
      cwd: repositoryRoot,
      timeoutMs: 300_000,
    });
  }

  /** A newer version of fogd: the checkout with compiled files that `edit` has changed. */
  async addNewer(name: string, edit: (newer: Newer) => void): Promise<void> {
    const folder = join(this.source, name);
    mkdirSync(folder);
    for (const path of ['var', 'node_modules', ...PARTS])
      symlinkSync(join('..', 'now', path), join(folder, path));
    await mustRun(['cp', '-a', join(this.source, 'now', 'dist'), folder]);
    edit(new Newer(folder));
  }

  /** Runs install-service of a checkout on this machine, into the root. */
  async installIntoRoot(...options: string[]): Promise<CommandResult> {
    return await command([join(this.source, 'now', 'scripts', 'install-service'), '--no-build', ...options], {
      timeoutMs: 600_000,
    });
  }

  async boot(): Promise<Container> {
    const { cleanup, root, source } = this;
    return await Container.boot({ cleanup, root, source, logFile: join(this.folder, 'container.log') });
  }
}

/** Changes to the compiled files: what a later version of the source would have become. */
class Newer {
  constructor(private readonly folder: string) {}

  append(path: string, text: string): void {
    appendFileSync(join(this.folder, path), text);
  }

  replace(path: string, from: string, to: string): void {
    const file = join(this.folder, path);
    const text = readFileSync(file, 'utf8');
    if (!text.includes(from)) throw new Error(`${path} has no ${from}`);
    writeFileSync(
      file,
      text.replace(from, () => to),
    );
  }
}

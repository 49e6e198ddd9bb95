/** What a fogd has after its next start: by its API, in its store, and in its folders. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { listAll } from '#cli/client.js';
import type { AuditEntry } from '#store/audit.js';
import type { FogdUnderTest } from '../../lab/fogd.js';
import { contentOf, isWholeImage, type Place } from './changes.js';

interface HostView {
  readonly name: string;
  readonly description: string;
}

interface TaskView {
  readonly id: number;
  readonly host: string;
  readonly state: string;
  readonly isTest: boolean;
}

export interface Kept {
  readonly log: readonly AuditEntry[];
  readonly hosts: ReadonlyMap<string, HostView>;
  /** Whether each is left out at imaging. */
  readonly macs: ReadonlyMap<string, boolean>;
  /** The hosts of each. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly tasks: readonly TaskView[];
  readonly tokens: ReadonlySet<string>;
  /** Organisational units of the settings of clients. */
  readonly units: ReadonlySet<string>;
  /** The file of each. */
  readonly snapins: ReadonlyMap<string, string>;
  /** `NAME@VERSION`. */
  readonly bootFiles: ReadonlySet<string>;
  readonly images: ReadonlySet<string>;
  /** Boot files, and what they hold (`NAME@VERSION`); folders of images. */
  readonly onDisk: ReadonlyMap<string, string>;
  /** What should not be on the disk: files that are not whole, or of nothing. */
  readonly wrong: readonly string[];
}

/** `place`: from where the changes were asked for. */
export async function whatIsKept(fogd: FogdUnderTest, place: Place): Promise<Kept> {
  const list = <T>(path: string, query = {}) => listAll<T>(place.state, path, query);
  type Named = { readonly name: string };
  const tests = new Set((await list<TaskView>('/tasks', { type: 'memtest' })).map(({ id }) => id));
  const snapins = await list<Named & { readonly file: string }>('/snapins');
  const bootFiles = await list<Named & { readonly version: string }>('/boot-files');
  const groups = await list<Named & { readonly hosts: readonly string[] }>('/groups');
  const stored = fogd.select<{ stored: string }>('SELECT stored FROM snapins').map((row) => row.stored);
  const macs = fogd.select<{ mac: string; ignored: number }>(
    'SELECT mac, image_ignore AS ignored FROM host_macs',
  );
  const { onDisk, wrong } = lookAtDisk(place, stored);
  return {
    log: await list<AuditEntry>('/audit', { sort: 'at' }),
    hosts: new Map((await list<HostView>('/hosts')).map((host) => [host.name, host])),
    macs: new Map(macs.map(({ mac, ignored }) => [mac, ignored === 1])),
    groups: new Map(groups.map(({ name, hosts }) => [name, hosts])),
    tasks: (await list<TaskView>('/tasks')).map((task) => ({ ...task, isTest: tests.has(task.id) })),
    tokens: new Set((await list<Named>('/tokens')).map(({ name }) => name)),
    units: new Set(fogd.select<{ ou: string }>('SELECT ou FROM client_settings').map(({ ou }) => ou)),
    snapins: new Map(snapins.map(({ name, file }) => [name, file])),
    bootFiles: new Set(bootFiles.map(({ name, version }) => `${name}@${version}`)),
    images: new Set((await list<Named>('/images')).map(({ name }) => name)),
    onDisk,
    wrong,
  };
}

function lookAtDisk(place: Place, stored: readonly string[]): Pick<Kept, 'onDisk' | 'wrong'> {
  const onDisk = new Map<string, string>();
  const wrong: string[] = [];
  const [boot, snapins, images] = ['boot', 'snapins', 'images'].map((name) => join(place.state, name));
  for (const name of readdirSync(boot ?? '')) {
    const content = readFileSync(join(boot ?? '', name));
    const [base, n = ''] = /^bzImage-(\d+)/.exec(name) ?? [];
    const holds = ['one', 'two']
      .map((version) => `${base}@${n}-${version}`)
      .find((file) => content.equals(contentOf(file)) && (name === base || name === file));
    if (holds === undefined) wrong.push(join(boot ?? '', name));
    else onDisk.set(name, holds);
  }
  const there = readdirSync(snapins ?? '');
  for (const name of there)
    if (!readFileSync(join(snapins ?? '', name)).equals(contentOf(name.replace(/^[0-9a-f]{16}-/, ''))))
      wrong.push(join(snapins ?? '', name));
  wrong.push(...stored.filter((name) => !there.includes(name)).map((name) => `the file of ${name} is gone`));
  for (const name of readdirSync(images ?? '').filter((one) => /^i\d+$/.test(one))) {
    if (isWholeImage(join(images ?? '', name), place, name)) onDisk.set(name, name);
    else wrong.push(join(images ?? '', name));
  }
  const publishing = join(images ?? '', '.fogd', 'publishing');
  wrong.push(...readdirSync(publishing).map((name) => join(basename(publishing), name)));
  return { onDisk, wrong };
}

import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative } from 'node:path';
import {
  type BootFileVersion,
  isBootFileName,
  isBootFileVersion,
  looksLikeBootFile,
  versionedName,
} from '#domain/boot-file.js';
import { FogdError, messageOf } from '#errors.js';
import type { BootFileQuery } from '#store/boot-files.js';
import type { Page } from '#store/page.js';
import type { TellTotal } from './arrivals.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';

export interface AddOrder {
  /** Absolute path of a file or folder on this machine, or an http(s) URL. */
  readonly source: string;
  /** Default: the date, `2026-11-25`. */
  readonly version?: string;
  /** For one file; default: its own name. */
  readonly name?: string;
  /** What one file must hold, hexadecimal. */
  readonly sha256?: string;
  /** Leaves the default as it is. */
  readonly keepDefault?: boolean;
}

export interface BootFileView extends BootFileVersion {
  readonly isDefault: boolean;
  /** Hosts that name this version. */
  readonly hosts: readonly string[];
}

/** How deep a folder is looked through. */
const DEEPEST = 3;

/**
 * Takes kernel, init or boot loaders from a folder, a file or a URL. All files are on the disk before the first becomes the default. Throws
 * BOOT_FILE_SOURCE_BAD, BOOT_FILE_NAME_BAD, BOOT_FILE_EXISTS, BOOT_FILE_SHA_WRONG, BOOT_FILE_NOTHING.
 */
export async function addBootFiles(
  context: Context,
  order: AddOrder,
  actor: string,
): Promise<BootFileView[]> {
  const version = order.version ?? new Date(context.clock.now()).toISOString().slice(0, 10);
  if (!isBootFileVersion(version)) throw actionErrors.BOOT_FILE_NAME_BAD({ name: version });
  const found = await sourcesOf(context, order);
  const added: BootFileVersion[] = [];
  for (const { name, read } of found) {
    if (!isBootFileName(name)) throw actionErrors.BOOT_FILE_NAME_BAD({ name });
    const known = context.bootFiles.find(name, version);
    const incoming = await context.bootStore.take(context.arrivals.follow({ name, version }, read));
    try {
      if (order.sha256 !== undefined && order.sha256.toLowerCase() !== incoming.sha256)
        throw actionErrors.BOOT_FILE_SHA_WRONG({ name, found: incoming.sha256, wanted: order.sha256 });
      // The same once more, after a break-off perhaps, is no mistake.
      if (known !== undefined && known.sha256 !== incoming.sha256)
        throw actionErrors.BOOT_FILE_EXISTS({ name, version });
      await context.bootStore.place(incoming, versionedName(name, version));
    } catch (error) {
      await context.bootStore.drop(incoming);
      throw error;
    }
    const { sha256, size } = incoming;
    const row = {
      name,
      version,
      sha256,
      size,
      addedAt: context.clock.now(),
      addedBy: actor,
      source: publicSource(order.source),
    };
    if (known === undefined) await context.store.commit(() => context.bootFiles.add(row));
    added.push(known ?? row);
  }
  for (const { name } of added) {
    if (order.keepDefault !== true || !(await context.bootStore.has(name)))
      await makeDefault(context, name, version, actor);
  }
  return describeBootFiles(context, added);
}

/** What is kept of where it came from: no password. */
function publicSource(source: string): string {
  return source.replace(/^(https?:\/\/)[^/@]*@/i, '$1');
}

/** Lets a name mean another version. Throws BOOT_FILE_UNKNOWN. Durable when it resolves. */
export async function chooseBootFileVersion(
  context: Context,
  name: string,
  version: string,
  actor: string,
): Promise<BootFileView> {
  const found = findVersion(context, name, version);
  if (!(await context.bootStore.has(versionedName(name, version))))
    throw actionErrors.BOOT_FILE_UNKNOWN({ file: versionedName(name, version) });
  await makeDefault(context, name, version, actor);
  return describeBootFile(context, found);
}

async function makeDefault(context: Context, name: string, version: string, actor: string): Promise<void> {
  await keepUnknownDefault(context, name, actor);
  await context.bootStore.alias(versionedName(name, version), name);
}

/** A file that an admin put there by hand gets a version of its own before another takes its name. */
async function keepUnknownDefault(context: Context, name: string, actor: string): Promise<void> {
  const content = await context.bootStore.sha256(name);
  if (content === undefined) return;
  const versions = context.bootFiles.list().filter((one) => one.name === name);
  if (versions.some(({ sha256 }) => sha256 === content.sha256)) return;
  const version = `before-${new Date(context.clock.now()).toISOString().replaceAll(/[-:]|\..*/g, '')}`;
  await context.bootStore.alias(name, versionedName(name, version));
  const row = {
    name,
    version,
    ...content,
    addedAt: context.clock.now(),
    addedBy: actor,
    source: 'put there by hand',
  };
  await context.store.commit(() => context.bootFiles.add(row));
}

export async function listBootFiles(context: Context, query: BootFileQuery): Promise<Page<BootFileView>> {
  const { items, total } = context.bootFiles.page(query);
  return { items: await describeBootFiles(context, items), total };
}

export interface Checked {
  readonly name: string;
  readonly version: string;
  readonly verdict: 'ok' | 'damaged' | 'missing';
}

/** Reads every file again. */
export async function verifyBootFiles(context: Context): Promise<Checked[]> {
  const results: Checked[] = [];
  for (const { name, version, sha256 } of context.bootFiles.list()) {
    const content = await context.bootStore.sha256(versionedName(name, version));
    const verdict = content === undefined ? 'missing' : content.sha256 === sha256 ? 'ok' : 'damaged';
    results.push({ name, version, verdict });
  }
  return results;
}

/** Throws BOOT_FILE_UNKNOWN, or BOOT_FILE_IN_USE for a default that has others beside it and for what hosts name. Durable when it resolves. */
export async function removeBootFile(context: Context, name: string, version: string): Promise<BootFileView> {
  const found = findVersion(context, name, version);
  const view = await describeBootFile(context, found);
  const others = context.bootFiles.list().filter((one) => one.name === name).length - 1;
  if (view.isDefault && others > 0)
    throw actionErrors.BOOT_FILE_IN_USE({ file: versionedName(name, version), who: 'it is the default' });
  if (view.hosts.length > 0)
    throw actionErrors.BOOT_FILE_IN_USE({
      file: versionedName(name, version),
      who: `used by ${view.hosts.join(', ')}`,
    });
  if (view.isDefault) await context.bootStore.remove(name);
  await context.bootStore.remove(versionedName(name, version));
  await context.store.commit(() => context.bootFiles.remove(name, version));
  return view;
}

function findVersion({ bootFiles }: Context, name: string, version: string): BootFileVersion {
  const found = bootFiles.find(name, version);
  if (found === undefined) throw actionErrors.BOOT_FILE_UNKNOWN({ file: versionedName(name, version) });
  return found;
}

async function describeBootFile(context: Context, file: BootFileVersion): Promise<BootFileView> {
  const [view] = await describeBootFiles(context, [file]);
  if (!view) throw new Error(`${file.name} has no description`);
  return view;
}

async function describeBootFiles(
  { hosts, bootStore }: Context,
  files: readonly BootFileVersion[],
): Promise<BootFileView[]> {
  const users = hosts.byBootFile();
  return Promise.all(
    files.map(async (file) => {
      const own = versionedName(file.name, file.version);
      return { ...file, isDefault: await bootStore.isSame(file.name, own), hosts: users.get(own) ?? [] };
    }),
  );
}

interface Found {
  readonly name: string;
  readonly read: (tell: TellTotal) => AsyncIterable<Uint8Array>;
}

async function sourcesOf(context: Context, { source, name, sha256 }: AddOrder): Promise<Found[]> {
  const shown = publicSource(source);
  const bad = (reason: string) => actionErrors.BOOT_FILE_SOURCE_BAD({ source: shown, reason });
  if (/^https?:\/\//i.test(source)) {
    if (!URL.canParse(source)) throw bad('it is no URL');
    const own = name ?? basename(new URL(source).pathname);
    return [{ name: own, read: (tell) => context.download(source, tell) }];
  }
  if (!isAbsolute(source)) throw bad('it is neither an absolute path nor an http or https URL');
  try {
    const path = await realpath(source);
    const found = await stat(path);
    if (found.isFile()) return [{ name: name ?? basename(path), read: contentOf(path) }];
    if (!found.isDirectory()) throw bad('it is neither a file nor a folder');
    if (name !== undefined || sha256 !== undefined)
      throw bad('a name or a sum is for one file, and this is a folder');
    const files = await filesIn(path, path, DEEPEST);
    if (files.length === 0) throw bad('there is no kernel, init or boot loader in it');
    return files;
  } catch (error) {
    if (error instanceof FogdError) throw error;
    throw bad(messageOf(error));
  }
}

const contentOf = (path: string): Found['read'] =>
  async function* (tell) {
    tell((await stat(path)).size);
    yield* createReadStream(path);
  };

async function filesIn(root: string, folder: string, deep: number): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    const name = relative(root, path);
    // Links are left out: they could lead anywhere.
    if (entry.isFile() && looksLikeBootFile(name)) found.push({ name, read: contentOf(path) });
    else if (entry.isDirectory() && deep > 1 && !entry.name.startsWith('.'))
      found.push(...(await filesIn(root, path, deep - 1)));
  }
  return found;
}

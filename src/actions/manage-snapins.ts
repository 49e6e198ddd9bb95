import { clean } from '#domain/inventory.js';
import {
  commandFault,
  isSnapinFile,
  isSnapinName,
  LONGEST_TIMEOUT,
  type Snapin,
  type SnapinAction,
} from '#domain/snapin.js';
import { commandOf, type SnapinTemplate } from '#domain/snapin-template.js';
import { TaskState } from '#domain/task.js';
import type { IncomingFile } from '#files/incoming.js';
import type { Page } from '#store/page.js';
import type { SnapinQuery } from '#store/snapins.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { endSnapinTask, settleJob } from './snapin-jobs.js';

/** What people do to snapins. All throw errors of the catalogue and resolve when durable. */

/** What people say of a snapin; what they leave out of a new one is empty, off or 0, but enabled and toReplicate, which are on. */
export interface SnapinFields {
  readonly name?: string;
  readonly description?: string;
  /** What the client calls the file. */
  readonly file?: string;
  readonly args?: string;
  readonly runWith?: string;
  readonly runWithArgs?: string;
  readonly pack?: boolean;
  /** Fills what of the command is not said. */
  readonly template?: SnapinTemplate;
  /** With a template: the file in a pack that is run. */
  readonly program?: string;
  readonly action?: SnapinAction;
  readonly hide?: boolean;
  readonly timeout?: number;
  readonly protected?: boolean;
  readonly enabled?: boolean;
  readonly toReplicate?: boolean;
}

/** A file that somebody sends. */
export interface Upload {
  readonly source: AsyncIterable<Uint8Array>;
  /** How long the sender says that it is. */
  readonly bytes?: number;
  /** What it must hold, hexadecimal, where the sender knows. */
  readonly sha512?: string;
}

/** A snapin as people read it. */
export interface SnapinView extends Omit<Snapin, 'stored' | 'identity'> {
  /** Names of the hosts that have it. */
  readonly hosts: readonly string[];
}

/** By name or `#id`. Throws SNAPIN_UNKNOWN. */
export function findSnapin({ snapins }: Context, key: string): Snapin {
  const id = /^#(\d{1,9})$/.exec(key)?.[1];
  const snapin = snapins.byName(key) ?? (id === undefined ? undefined : snapins.byId(Number(id)));
  if (!snapin) throw actionErrors.SNAPIN_UNKNOWN({ name: key });
  return snapin;
}

/**
 * Takes a new snapin in: nothing of it is known before its file is whole and durable. Throws SNAPIN_NAME_BAD, SNAPIN_FILE_BAD, SNAPIN_BAD,
 * SNAPIN_EXISTS, SNAPIN_SHA_WRONG, SNAPIN_EMPTY, SNAPINS_DISK_FULL, SNAPINS_FOLDER_BAD.
 */
export async function addSnapin(
  context: Context,
  { name, file, ...fields }: SnapinFields & { readonly name: string; readonly file: string },
  upload: Upload,
  actor: string,
): Promise<SnapinView> {
  const { store, snapins, clock } = context;
  const entry = {
    ...{ name, file, description: '', args: '', runWith: '', runWithArgs: '', pack: false },
    ...{ action: '' as const, hide: false, timeout: 0, protected: false, enabled: true, toReplicate: true },
    ...changesOf(fields),
  };
  checkName(name);
  check(entry);
  const refuseTaken = () => {
    if (snapins.byName(name)) throw actionErrors.SNAPIN_EXISTS({ name });
  };
  refuseTaken();
  const content = await receive(context, upload, file);
  try {
    const added = await store.commit(() => {
      refuseTaken();
      return snapins.add({ ...entry, ...content, damage: '', createdAt: clock.now(), createdBy: actor });
    });
    return describeSnapin(context, added);
  } catch (error) {
    await removeUnused(context, content.stored);
    throw error;
  }
}

/**
 * Another file for a snapin. A client that fetches the old one gets all of it; one that was told of the old one and comes later is told of
 * the new one at its next poll. Throws SNAPIN_UNKNOWN, SNAPIN_PROTECTED and what `addSnapin` throws of the file.
 */
export async function replaceSnapinFile(
  context: Context,
  key: string,
  { file }: Pick<SnapinFields, 'file'>,
  upload: Upload,
): Promise<SnapinView> {
  const { store, snapins, snapinStore } = context;
  const look = () => {
    const snapin = findSnapin(context, key);
    if (snapin.protected) throw actionErrors.SNAPIN_PROTECTED({ name: snapin.name });
    return snapin;
  };
  const named = { ...look(), ...(file === undefined ? {} : { file }) };
  check(named);
  const content = await receive(context, upload, named.file);
  try {
    const { old, changed } = await store.commit(() => {
      const snapin = look();
      const change = { ...content, file: named.file, damage: '' };
      snapins.change(snapin.id, change);
      return { old: snapin.stored, changed: { ...snapin, ...change } };
    });
    await snapinStore.remove(old);
    return describeSnapin(context, changed);
  } catch (error) {
    await removeUnused(context, content.stored);
    throw error;
  }
}

/** A transaction that could not be made durable has happened all the same: what it names stays. What nothing names goes at the next start. */
async function removeUnused({ snapins, snapinStore }: Context, stored: string): Promise<void> {
  if (!snapins.list().some((snapin) => snapin.stored === stored)) await snapinStore.remove(stored);
}

async function receive(
  { snapinStore }: Context,
  { source, bytes, sha512 }: Upload,
  file: string,
): Promise<Pick<Snapin, 'sha512' | 'size' | 'stored' | 'identity'>> {
  const incoming: IncomingFile = await snapinStore.take(source, bytes);
  try {
    const { hash, size } = incoming;
    if (size === 0) throw actionErrors.SNAPIN_EMPTY({ file });
    if (bytes !== undefined && size !== bytes)
      throw actionErrors.SNAPIN_CUT({ file, bytes: size, told: bytes });
    if (sha512 !== undefined && sha512.toLowerCase() !== hash)
      throw actionErrors.SNAPIN_SHA_WRONG({ file, found: hash, wanted: sha512 });
    return { sha512: hash, size, ...(await snapinStore.place(incoming, file)) };
  } catch (error) {
    await snapinStore.drop(incoming);
    throw error;
  }
}

/** Changes what clients are told from their next poll on. Throws SNAPIN_UNKNOWN, SNAPIN_EXISTS, SNAPIN_NAME_BAD, SNAPIN_FILE_BAD, SNAPIN_BAD. */
export async function changeSnapin(context: Context, key: string, fields: SnapinFields): Promise<SnapinView> {
  const { store, snapins } = context;
  return store.commit(() => {
    const snapin = findSnapin(context, key);
    const changes = changesOf(fields);
    const next = { ...snapin, ...changes };
    if (next.name !== snapin.name) checkName(next.name);
    check(next);
    const taken = snapins.byName(next.name);
    if (taken && taken.id !== snapin.id) throw actionErrors.SNAPIN_EXISTS({ name: next.name });
    snapins.change(snapin.id, changes);
    return describeSnapin(context, next);
  });
}

/** What is said, and what a template says where that is silent. */
function changesOf({ template, program, description, ...said }: SnapinFields) {
  if (program !== undefined && /["\p{Cc}]/u.test(program))
    throw actionErrors.SNAPIN_BAD({ reason: 'the program in the pack cannot have quotes in its name' });
  if (program !== undefined && template === undefined)
    throw actionErrors.SNAPIN_BAD({ reason: 'a program in the pack is named together with a template' });
  if (said.pack === true && template !== undefined && program === undefined)
    throw actionErrors.SNAPIN_BAD({ reason: 'a template for a pack needs the program in it (program)' });
  return {
    ...(template === undefined ? {} : commandOf(template, program)),
    ...(description === undefined ? {} : { description: clean(description, 500) }),
    ...said,
  };
}

/** Of a new one, or of one that gets another name: what has an odd one keeps it. */
function checkName(name: string): void {
  if (!isSnapinName(name)) throw actionErrors.SNAPIN_NAME_BAD({ name });
}

function check(
  snapin: Omit<
    Snapin,
    'id' | 'name' | 'sha512' | 'size' | 'stored' | 'identity' | 'damage' | 'createdAt' | 'createdBy'
  >,
): void {
  const { file, timeout } = snapin;
  if (!isSnapinFile(file)) throw actionErrors.SNAPIN_FILE_BAD({ file });
  const reason = commandFault(snapin);
  if (reason !== undefined) throw actionErrors.SNAPIN_BAD({ reason });
  if (!Number.isInteger(timeout) || timeout < 0 || timeout > LONGEST_TIMEOUT)
    throw actionErrors.SNAPIN_BAD({ reason: `the time-out is 0 to ${LONGEST_TIMEOUT} seconds` });
}

/**
 * Forgets a snapin and removes its file; what has run stays in the history. `force`: clients that are to run it are not. Throws
 * SNAPIN_UNKNOWN, SNAPIN_PROTECTED, SNAPIN_NEEDED.
 */
export async function removeSnapin(
  context: Context,
  key: string,
  { force }: { readonly force: boolean },
  actor: string,
): Promise<SnapinView> {
  const { store, snapins, snapinTasks, snapinStore, hosts } = context;
  const snapin = findSnapin(context, key);
  const view = await store.commit(() => {
    const told = describeSnapin(context, findSnapin(context, key));
    if (told.protected) throw actionErrors.SNAPIN_PROTECTED({ name: told.name });
    const open = snapinTasks.openOfSnapin(snapin.id);
    const [first] = open;
    if (first && !force) {
      const host = hosts.byId(first.hostId)?.name ?? first.hostId;
      throw actionErrors.SNAPIN_NEEDED({ name: told.name, host, count: open.length });
    }
    for (const task of open) {
      endSnapinTask(context, task, {
        state: TaskState.cancelled,
        details: `the snapin was removed by ${actor}`,
      });
      settleJob(context, task.hostId);
    }
    snapins.remove(snapin.id);
    return told;
  });
  await snapinStore.remove(snapin.stored);
  return view;
}

export function describeSnapin(context: Context, snapin: Snapin): SnapinView {
  const [view] = describeSnapins(context, [snapin]);
  if (!view) throw new Error(`snapin ${snapin.id} has no description`);
  return view;
}

export function listSnapins(context: Context, query: SnapinQuery): Page<SnapinView> {
  const { items, total } = context.snapins.page(query);
  return { items: describeSnapins(context, items), total };
}

export function describeSnapins({ snapins }: Context, wanted: readonly Snapin[]): SnapinView[] {
  const hosts = snapins.hostNames(wanted.map(({ id }) => id));
  return wanted.map(({ stored: _stored, identity: _identity, ...told }) => ({
    ...told,
    hosts: hosts.get(told.id) ?? [],
  }));
}

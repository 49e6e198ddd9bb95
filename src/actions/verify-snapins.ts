import type { Snapin } from '#domain/snapin.js';
import { messageOf } from '#errors.js';
import type { SnapinStore } from '#files/snapin-store.js';
import type { Context } from './context.js';
import { findSnapin } from './manage-snapins.js';

/** Whether the files of snapins still hold what was taken in. */

export interface SnapinVerdict {
  readonly name: string;
  /** Empty: it is as it was. */
  readonly damage: string;
}

/** What a client may be told of a snapin now: `unknown` while its file is read again. */
export type FileState = 'good' | 'damaged' | 'unknown';

/** Identity of a file that is not there: it may come back, with the disk that it is on. */
const GONE = '';

/** Files that are being read again, by the number of the snapin: each once, however many clients wait for it. */
const running = new WeakMap<SnapinStore, Map<number, Promise<string>>>();

/** Looks at the file without reading it; one that was touched is read again, and until then nobody gets it. */
export async function snapinState(context: Context, snapin: Snapin): Promise<FileState> {
  if (!(await isTouched(context, snapin))) return snapin.damage === '' ? 'good' : 'damaged';
  // What comes of it is written down and in the trace.
  recheck(context, snapin).catch(() => undefined);
  return 'unknown';
}

/** Looks at all files without reading them; those that were touched or are gone are read again. Resolves when the verdicts are durable. */
export async function lookAfterSnapins(context: Context): Promise<void> {
  for (const { id } of context.snapins.list()) {
    const snapin = context.snapins.byId(id);
    if (snapin && (await isTouched(context, snapin))) await recheck(context, snapin);
  }
}

async function isTouched({ snapinStore }: Context, { stored, identity }: Snapin): Promise<boolean> {
  return ((await snapinStore.identity(stored)) ?? GONE) !== identity;
}

/** Reads the files again, all or one. Resolves when the verdicts are durable. Throws SNAPIN_UNKNOWN. */
export async function verifySnapins(context: Context, key?: string): Promise<SnapinVerdict[]> {
  const wanted = key === undefined ? context.snapins.list() : [findSnapin(context, key)];
  const verdicts: SnapinVerdict[] = [];
  for (const snapin of wanted) verdicts.push({ name: snapin.name, damage: await recheck(context, snapin) });
  return verdicts;
}

function recheck(context: Context, snapin: Snapin): Promise<string> {
  const checks = running.get(context.snapinStore) ?? new Map<number, Promise<string>>();
  running.set(context.snapinStore, checks);
  const known = checks.get(snapin.id);
  if (known) return known;
  const work = check(context, snapin).finally(() => checks.delete(snapin.id));
  checks.set(snapin.id, work);
  return work;
}

async function check(context: Context, snapin: Snapin): Promise<string> {
  const { store, snapins, snapinStore, recorder } = context;
  const { id, name, stored, sha512 } = snapin;
  // Before the reading: a write meanwhile is noticed the next time.
  const identity = (await snapinStore.identity(stored).catch(() => undefined)) ?? GONE;
  const damage = identity === GONE ? 'its file is gone' : await fault(context, stored, sha512);
  await store.commit(() => {
    // Its file may have been replaced meanwhile.
    if (snapins.byId(id)?.stored === stored) snapins.change(id, { damage, identity });
  });
  if (damage !== '' && damage !== snapin.damage) {
    const [reasons, facts] = [[damage], { snapin: name }];
    recorder.record({ service: 'fogd', event: 'snapin-damaged', outcome: 'failed', who: {}, reasons, facts });
  }
  return damage;
}

async function fault({ snapinStore }: Context, stored: string, sha512: string): Promise<string> {
  try {
    return (await snapinStore.sha512(stored)) === sha512 ? '' : 'its file does not hold what was taken in';
  } catch (error) {
    return `its file cannot be read: ${messageOf(error)}`;
  }
}

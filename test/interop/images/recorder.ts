/**
 * A process of its own that publishes (session 3) or rolls back and writes down what it does to the disk: `node recorder.js ROOT LOG
 * exchange|renames publish|keep|wait|rollback`; told to by power-loss.test.ts.
 *
 * With `NUMBER CODE` behind that the operation of that number fails with that error (a full disk, a read-only one); then all is tried again.
 */
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative } from 'node:path';
import { exchangePaths } from '#native/exchange.js';

export type DiskOperation =
  | { readonly op: 'create' | 'mkdir' | 'unlink' | 'rmdir'; readonly path: string }
  | { readonly op: 'rename' | 'exchange' | 'link'; readonly path: string; readonly to: string }
  /** Content of a file, base64; none for a folder, whose names become durable. */
  | { readonly op: 'sync'; readonly path: string; readonly content?: string }
  /** The store's journal has its entry durably; the caller was told that all is done. */
  | { readonly op: 'begun'; readonly path: string; readonly entry: string }
  | { readonly op: 'done'; readonly path: string }
  /** The injected error came, and the caller was told that; what the image held then, base64. */
  | { readonly op: 'failed'; readonly path: string; readonly code: string; readonly content: string };

const [root = '', log = '', how, work, failing, code = ''] = process.argv.slice(2);
/** Operations until the one that fails; counted from the end of what every start does. */
let left = Number.POSITIVE_INFINITY;
const mayFail = (): void => {
  left -= 1;
  if (left === -1) throw Object.assign(new Error(`${code}: injected`), { code });
};
const note = (operation: DiskOperation): void => {
  const inRoot = (path: string): string => relative(root, path);
  const told = 'to' in operation ? { ...operation, to: inRoot(operation.to) } : operation;
  appendFileSync(log, `${JSON.stringify({ ...told, path: inRoot(operation.path) })}\n`);
};
const text = (path: unknown): string => String(path);

const real = { ...fs };
const noteSync = (path: string): void => {
  const content = statSync(path).isFile() ? { content: readFileSync(path).toString('base64') } : {};
  note({ op: 'sync', path, ...content });
};
Object.assign(fs, {
  rename: async (from: string, to: string) => {
    mayFail();
    await real.rename(from, to);
    note({ op: 'rename', path: from, to });
  },
  link: async (from: string, to: string) => {
    mayFail();
    await real.link(from, to);
    note({ op: 'link', path: from, to });
  },
  mkdir: async (path: string, options: object) => {
    mayFail();
    const first = await real.mkdir(path, options);
    note({ op: 'mkdir', path: text(path) });
    return first;
  },
  mkdtemp: async (prefix: string) => {
    mayFail();
    const path = await real.mkdtemp(prefix);
    note({ op: 'mkdir', path });
    return path;
  },
  unlink: async (path: string) => {
    await real.unlink(path);
    note({ op: 'unlink', path });
  },
  rm: async (path: string, options: object) => {
    const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
    await real.rm(path, options);
    if (isThere) note({ op: 'unlink', path });
  },
  rmdir: async (path: string) => {
    await real.rmdir(path);
    note({ op: 'rmdir', path });
  },
  writeFile: async (path: string, data: string, options: object) => {
    const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
    mayFail();
    await real.writeFile(path, data, options);
    if (!isThere) note({ op: 'create', path });
  },
  open: async (path: string, flags: string | number, mode?: number): Promise<FileHandle> => {
    const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
    if (!isThere) mayFail();
    const handle = await real.open(path, flags, mode);
    if (!isThere) note({ op: 'create', path });
    for (const name of ['sync', 'datasync'] as const) {
      const sync = handle[name].bind(handle);
      handle[name] = async () => {
        mayFail();
        await sync();
        noteSync(path);
      };
    }
    return handle;
  },
});
syncBuiltinESMExports();

// After the door was changed: what is imported here sees it changed.
const { ImageStore } = await import('#images/image-store.js');
const store = new ImageStore({
  root,
  squash: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
  ownPlace: true,
  ownerIsRoot: false,
  tools: {
    exchange: (one, other) => {
      if (how !== 'exchange') throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
      mayFail();
      exchangePaths(one, other);
      note({ op: 'exchange', path: one, to: other });
    },
  },
});
await store.prepare();
appendFileSync(log, '\n');
const shape = { path: 'win11', type: 'mps', format: 5, osId: 9, partitionType: 'all' } as const;
const act = async (): Promise<void> => {
  if (work === 'rollback') return store.rollback('win11');
  await store.publish(3, '52:54:00:aa:bb:01', shape, {
    keepsPrevious: work === 'keep',
    waits: work === 'wait',
    begin: async (entry) => note({ op: 'begun', path: root, entry: JSON.stringify(entry) }),
  });
};
if (failing !== undefined) {
  left = Number(failing);
  try {
    await act();
  } catch (error) {
    const told = (error as { code?: unknown }).code;
    const content = readFileSync(join(root, 'win11', 'd1p1.img')).toString('base64');
    note({ op: 'failed', path: root, code: text(told), content });
    await act();
  }
  // Fewer operations than that: nothing has failed.
  if (left >= 0) process.exit(2);
} else await act();
note({ op: 'done', path: root });

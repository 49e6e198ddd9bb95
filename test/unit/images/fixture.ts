import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { ImageStore, type ImageStoreOptions } from '#images/image-store.js';
import { CAPTURE, captureFiles, MAC, SHAPE, write } from './capture-files.js';

export * from './capture-files.js';

let base = '';

/** Called once at the top of each test file: its folders go when it ends. Passable, for tests that change their user. */
export function temporaryFolders(): void {
  const folder = mkdtempSync(join(tmpdir(), 'fogd-images-'));
  chmodSync(folder, 0o755);
  base = folder;
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}

/** A folder that is removed at the end of the test file. */
export function temporaryFolder(): string {
  if (base === '') throw new Error('the test file does not call temporaryFolders()');
  return mkdtempSync(join(base, 'x-'));
}

export interface Scene {
  readonly root: string;
  readonly store: ImageStore;
}

/** A prepared images folder, served as the user who runs the test. */
export async function scene(options: Partial<ImageStoreOptions> = {}): Promise<Scene> {
  const root = options.root ?? join(temporaryFolder(), 'images');
  return { root, store: await storeOn(root, options) };
}

/** A store as the next start of fogd makes it. */
export async function storeOn(root: string, options: Partial<ImageStoreOptions> = {}): Promise<ImageStore> {
  const squash = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const store = new ImageStore({ root, squash, ownPlace: true, ownerIsRoot: false, ...options });
  await store.prepare();
  return store;
}

/** Opens a capture and fills it as a client would. */
export async function capture(
  { store }: Scene,
  sessionId: number,
  files: Record<string, Buffer | string>,
): Promise<string> {
  const folder = join(await store.openCaptureRoot(sessionId, MAC), CAPTURE);
  write(folder, files);
  return folder;
}

/** What is left beside the images once the trash has been emptied. */
export async function leftovers({ root, store }: Scene): Promise<string[]> {
  await store.emptyTrash();
  return ['publishing', 'trash'].flatMap((name) => readdirSync(join(root, '.fogd', name)));
}

export const forgetful = { begin: async () => undefined };

/** Generations one and two in their places, and three captured as session 3. */
export async function threeGenerations(): Promise<Scene> {
  const made = await scene();
  for (const [session, mark] of [
    [1, 'one'],
    [2, 'two'],
  ] as const) {
    await capture(made, session, captureFiles(mark));
    await made.store.publish(session, MAC, SHAPE, forgetful);
  }
  await capture(made, 3, captureFiles('three'));
  await made.store.emptyTrash();
  return made;
}

import type { Generation } from '#domain/generation.js';
import type { Image } from '#domain/image.js';
import { sharedBy } from '#domain/share.js';
import { type Task, TaskState } from '#domain/task.js';
import { taskType } from '#domain/task-type.js';
import type { NewGeneration } from '#store/generations.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';

/** A capture that is in its place, as its publish left it. */
export interface PublishedCapture {
  readonly inode: string;
  readonly clientBytes: number;
  readonly serverBytes: number;
  readonly source: string;
  readonly at: number;
}

/** Notes a new current generation. Must run inside `store.commit`; `settlePlaces` then tells where the others are. */
export function notePublished(
  { images, generations }: Context,
  image: Image,
  capture: PublishedCapture,
): void {
  images.captured(image.id, capture.at, capture.clientBytes, capture.serverBytes);
  generations.add(newGeneration(image, capture));
}

/** Notes a generation that waits to be verified. Must run inside `store.commit`. */
export function noteReceived({ generations }: Context, image: Image, capture: PublishedCapture): void {
  generations.add(newGeneration(image, capture), 'received');
}

function newGeneration(
  { id, type, osId, format }: Image,
  { inode, clientBytes, serverBytes, source, at }: PublishedCapture,
): NewGeneration {
  return { imageId: id, inode, type, osId, format, source, publishedAt: at, clientBytes, serverBytes };
}

/** Gives up the generations of an image that wait: a newer one came, or the image goes. */
export async function dropReceived(context: Context, image: Image, exceptInode?: string): Promise<void> {
  const { store, images, generations, imageStore } = context;
  for (const entry of images.journal()) {
    if (!entry.waits || entry.imagePath !== image.path || entry.inode === exceptInode) continue;
    await store.commit(() => {
      images.endPublish(entry.sessionId);
      const row = generations
        .list(image.id)
        .find((one) => one.place === 'received' && one.inode === entry.inode);
      if (row) generations.place(row.id, 'gone');
    });
    await imageStore.dropReceived(entry);
  }
}

/** A machine is deploying the image, whichever generation. */
function isDeployed({ tasks, sessions }: Context, image: Image): boolean {
  const isRunning = ({ imageId, typeId, state }: Task): boolean =>
    imageId === image.id && state === TaskState.inProgress && taskType(typeId)?.imaging === 'deploy';
  return tasks.allActive().some(isRunning) || sessions.open().some(({ imageId }) => imageId === image.id);
}

/** Throws IMAGE_BUSY where a deploy reads the image's own folder (shared exports): it would get parts of two generations. */
export function refuseUnderDeploys(context: Context, image: Image): void {
  if (mustWaitForDeploys(context, image)) throw actionErrors.IMAGE_BUSY({ name: image.name });
}

/** A generation that waits has no more to be verified. */
export function isReady({ settings }: Context, { place, state }: Generation): boolean {
  return place === 'received' && (state === 'verified' || !settings.images.require_verified);
}

/** Where deploys read the image's own folder (shared exports), a new generation comes into its place when none runs. */
export function mustWaitForDeploys(context: Context, image: Image): boolean {
  return sharedBy(context.settings.nfs) !== undefined && isDeployed(context, image);
}

/** What a machine is told that has to wait for a generation of its image; undefined where it need not. */
export function waitsForGeneration(context: Context, image: Image): string | undefined {
  const { generations, verifying } = context;
  const received = generations.received(image.id);
  if (received && isReady(context, received))
    return 'a new generation of the image comes into its place when the deploys of the old one have ended';
  if (!received || generations.current(image.id)) return undefined;
  return `image is being verified, ${verifying.get(received.id) ?? 0} %`;
}

/**
 * Brings what is noted of an image's generations into step with its folders, which are told apart by their inodes. A folder that no note
 * knows (made by an earlier fogd, restored from a backup) becomes a generation that is yet to be verified.
 */
export async function settlePlaces(context: Context, image: Image): Promise<void> {
  await context.store.commit(await lookAtPlaces(context, image));
}

/** The same in two steps: looks at the folders, and gives what notes it, which must run inside `store.commit`. */
export async function lookAtPlaces(context: Context, image: Image): Promise<() => void> {
  const { generations, imageStore, clock } = context;
  const folders = await imageStore.folders(image.path);
  const files = await imageStore.published(image.path);
  return () => {
    // One that waits is in neither place, until its publish says so.
    const known = generations.list(image.id).filter(({ place }) => place !== 'gone' && place !== 'received');
    for (const { id, inode, place } of known) {
      const now = inode === folders.current ? 'current' : inode === folders.previous ? 'previous' : 'gone';
      if (now !== place) generations.place(id, now);
    }
    if (folders.current === undefined || known.some(({ inode }) => inode === folders.current)) return;
    const { type, osId, format, clientBytes } = image;
    generations.add({
      ...{ imageId: image.id, inode: folders.current, type, osId, format, clientBytes },
      source: 'found in the images folder',
      publishedAt: image.capturedAt ?? files?.changedAt ?? clock.now(),
      serverBytes: files?.bytes ?? 0,
    });
  };
}

/** Makes the generation before the current one the current one, whatever its state. Throws NO_PREVIOUS_GENERATION. */
export async function rollBackTo(context: Context, image: Image): Promise<Generation> {
  const { store, images, generations, imageStore } = context;
  await imageStore.rollback(image.path);
  await settlePlaces(context, image);
  const current = generations.current(image.id);
  if (!current) throw actionErrors.IMAGE_EMPTY({ name: image.name });
  await store.commit(() => images.replaced(image.id, current));
  return current;
}

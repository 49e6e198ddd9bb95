import type { Generation } from '#domain/generation.js';
import type { Image } from '#domain/image.js';
import type { GenerationDeploy } from '#store/generations.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { findImage } from './manage-images.js';

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
  const { inode, clientBytes, serverBytes, source, at } = capture;
  const { id, type, osId, format } = image;
  images.captured(id, at, clientBytes, serverBytes);
  generations.add({
    imageId: id,
    inode,
    type,
    osId,
    format,
    source,
    publishedAt: at,
    clientBytes,
    serverBytes,
  });
}

/**
 * Brings what is noted of an image's generations into step with its folders, which are told apart by their inodes. A folder that no note
 * knows (made by an earlier fogd, restored from a backup) becomes a generation that is yet to be verified.
 */
export async function settlePlaces(context: Context, image: Image): Promise<void> {
  const { store, generations, imageStore, clock } = context;
  const folders = await imageStore.folders(image.path);
  const files = await imageStore.published(image.path);
  await store.commit(() => {
    const known = generations.list(image.id).filter(({ place }) => place !== 'gone');
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
  });
}

/** Makes the generation before the current one the current one. Throws IMAGE_UNKNOWN, NO_PREVIOUS_GENERATION, GENERATION_DAMAGED, IMAGE_PROTECTED. */
export async function rollbackImage(context: Context, key: string, _actor: string): Promise<Generation> {
  const image = findImage(context, key);
  if (image.protected) throw actionErrors.IMAGE_PROTECTED({ name: image.name });
  await settlePlaces(context, image);
  const previous = context.generations.list(image.id).find(({ place }) => place === 'previous');
  if (previous?.state === 'damaged')
    throw actionErrors.GENERATION_DAMAGED({
      name: image.name,
      number: previous.number,
      reason: previous.reason,
    });
  return rollBackTo(context, image);
}

/** As `rollbackImage`, whatever the state of the one before. */
export async function rollBackTo(context: Context, image: Image): Promise<Generation> {
  const { store, images, generations, imageStore } = context;
  await imageStore.rollback(image.path);
  await settlePlaces(context, image);
  const current = generations.current(image.id);
  if (!current) throw actionErrors.IMAGE_EMPTY({ name: image.name });
  await store.commit(() => images.replaced(image.id, current));
  return current;
}

/** Has the generations that are there read back again. Throws IMAGE_UNKNOWN, IMAGE_EMPTY. */
export async function verifyImageAgain(context: Context, key: string, _actor: string): Promise<Generation[]> {
  const { store, generations } = context;
  const image = findImage(context, key);
  await settlePlaces(context, image);
  return store.commit(() => {
    const present = generations.list(image.id).filter(({ place }) => place !== 'gone');
    if (present.length === 0) throw actionErrors.IMAGE_EMPTY({ name: image.name });
    for (const { id } of present) generations.recheck(id);
    return generations.list(image.id).filter(({ place }) => place !== 'gone');
  });
}

export interface GenerationDescription extends Generation {
  /** Hosts that it was deployed to. */
  readonly deploys: readonly GenerationDeploy[];
}

/** All generations that are known of an image, newest first. Throws IMAGE_UNKNOWN. */
export function describeGenerations(
  { generations, ...context }: Context,
  key: string,
): GenerationDescription[] {
  const image = findImage({ generations, ...context }, key);
  return generations.list(image.id).map((one) => ({ ...one, deploys: generations.deploys(one.id) }));
}

import type { GenerationState } from '#domain/generation.js';
import type { Host } from '#domain/host.js';
import {
  DEFAULT_FORMAT,
  DEFAULT_OS,
  IMAGE_FORMATS,
  type Image,
  type ImageType,
  isImageName,
  isImagePath,
  OS_NAMES,
  pathFromName,
  RESIZABLE_OS,
} from '#domain/image.js';
import { clean } from '#domain/inventory.js';
import type { ImageChange, ImageQuery } from '#store/images.js';
import type { Page } from '#store/page.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { dropReceived, refuseUnderDeploys } from './generations.js';
import { findHost } from './manage-hosts.js';

/** What people do to images. All throw errors of the catalogue and resolve when durable. */

export interface NewImage {
  readonly name: string;
  /** Folder name; default: made from the name. */
  readonly path?: string;
  readonly type?: ImageType;
  readonly osId?: number;
  readonly format?: number;
  readonly compress?: number;
  readonly protected?: boolean;
}

export interface ImageOrder extends ImageChange {
  /** DMI values of machines that get it without being hosts (FOG's capone); replaces those that it had. */
  readonly capone?: readonly string[];
}

/** Finds an image by name, folder or `#id`. Throws IMAGE_UNKNOWN. */
export function findImage({ images }: Context, key: string): Image {
  const id = /^#(\d{1,9})$/.exec(key)?.[1];
  const image =
    images.byName(key) ?? images.byPath(key) ?? (id === undefined ? undefined : images.byId(Number(id)));
  if (!image) throw actionErrors.IMAGE_UNKNOWN({ key });
  return image;
}

/** Throws IMAGE_NAME_BAD, IMAGE_FOLDER_BAD, IMAGE_EXISTS, IMAGE_SHAPE_BAD. */
export async function addImage(context: Context, entry: NewImage, actor: string): Promise<Image> {
  const { store, images, clock } = context;
  const { name } = entry;
  if (!isImageName(name)) throw actionErrors.IMAGE_NAME_BAD({ name });
  const path = entry.path ?? pathFromName(name) ?? '';
  if (!isImagePath(path)) throw actionErrors.IMAGE_FOLDER_BAD({ path: entry.path ?? name });
  const type = entry.type ?? 'mps';
  const osId = entry.osId ?? DEFAULT_OS;
  const format = entry.format ?? DEFAULT_FORMAT;
  checkShape(type, osId, format);
  return store.commit(() => {
    const taken = images.byName(name) ?? images.byPath(path);
    if (taken) throw actionErrors.IMAGE_EXISTS({ name: taken.name, path: taken.path });
    return images.add({
      name,
      path,
      type,
      osId,
      format,
      compress: entry.compress ?? null,
      protected: entry.protected ?? false,
      createdAt: clock.now(),
      createdBy: actor,
    });
  });
}

/** Changes what the next task uses; a task under way keeps what it began with. Throws IMAGE_UNKNOWN, IMAGE_SHAPE_BAD, IMAGE_BUSY, CAPONE_KEY_BAD, CAPONE_KEY_TAKEN. */
export async function changeImage(
  context: Context,
  key: string,
  { capone, ...change }: ImageOrder,
  _actor: string,
): Promise<Image> {
  const { store, images, tasks } = context;
  const { id } = findImage(context, key);
  return store.commit(() => {
    const image = images.byId(id);
    if (!image) throw actionErrors.IMAGE_UNKNOWN({ key });
    const next = { ...image, ...change };
    checkShape(next.type, next.osId, next.format);
    const isReshaped = next.type !== image.type || next.format !== image.format;
    // The files on disk say what they are: only an image without any, or one about to be captured anew, may become another kind.
    if (isReshaped && tasks.allActive().some(({ imageId }) => imageId === id))
      throw actionErrors.IMAGE_BUSY({ name: image.name });
    images.change(image, change);
    if (capone) setCapone(context, image, capone);
    return next;
  });
}

function setCapone({ images }: Context, image: Image, keys: readonly string[]): void {
  for (const key of keys) {
    if (clean(key, 255) !== key || key === '') throw actionErrors.CAPONE_KEY_BAD({ key });
    const other = images.byCaponeKey(key);
    if (other && other.id !== image.id) throw actionErrors.CAPONE_KEY_TAKEN({ key, name: other.name });
  }
  images.setCaponeKeys(image.id, keys);
}

/** Forgets an image; its files only when asked for. Throws IMAGE_UNKNOWN, IMAGE_PROTECTED, IMAGE_BUSY. */
export async function removeImage(
  context: Context,
  key: string,
  { files }: { files: boolean },
  _actor: string,
): Promise<Image> {
  const { store, images, tasks, imageStore } = context;
  const image = findImage(context, key);
  if (files) refuseUnderDeploys(context, image);
  await store.commit(() => {
    if (images.byId(image.id)?.protected) throw actionErrors.IMAGE_PROTECTED({ name: image.name });
    if (tasks.allActive().some(({ imageId }) => imageId === image.id))
      throw actionErrors.IMAGE_BUSY({ name: image.name });
    images.remove(image.id);
  });
  if (files) await imageStore.remove(image.path);
  await dropReceived(context, image);
  return image;
}

export interface ImageView extends Image {
  /** DMI values of machines that get it without being hosts. */
  readonly capone: readonly string[];
  /** What is in its folder now; null when there is none. */
  readonly published: {
    readonly bytes: number;
    readonly files: number;
    readonly changedAt: number;
  } | null;
  /** Of the current generation; null when there is none. */
  readonly state: GenerationState | null;
}

export async function describeImages(
  { imageStore, images, generations }: Context,
  wanted: readonly Image[],
): Promise<ImageView[]> {
  const ids = wanted.map(({ id }) => id);
  const capone = images.caponeKeys(ids);
  const states = generations.currentStates(ids);
  return Promise.all(
    wanted.map(async (image) => ({
      ...image,
      capone: capone.get(image.id) ?? [],
      published: (await imageStore.published(image.path)) ?? null,
      state: states.get(image.id) ?? null,
    })),
  );
}

export async function describeImage(context: Context, image: Image): Promise<ImageView> {
  const [view] = await describeImages(context, [image]);
  if (!view) throw new Error(`image ${image.id} has no description`);
  return view;
}

export async function listImages(context: Context, query: ImageQuery): Promise<Page<ImageView>> {
  const { items, total } = context.images.page(query);
  return { items: await describeImages(context, items), total };
}

/** Gives a host the image that its tasks use. Throws HOST_UNKNOWN, IMAGE_UNKNOWN. */
export async function assignImage(
  context: Context,
  hostKey: string,
  imageKey: string,
  _actor: string,
): Promise<Host> {
  const host = findHost(context, hostKey);
  const image = findImage(context, imageKey);
  return context.store.commit(() => {
    context.hosts.assignImage(host.id, image.id);
    return { ...host, imageId: image.id };
  });
}

function checkShape(type: ImageType, osId: number, format: number): void {
  const bad = (reason: string) => actionErrors.IMAGE_SHAPE_BAD({ reason });
  if (IMAGE_FORMATS[format] === undefined) throw bad(`there is no format ${format} to capture in`);
  if (OS_NAMES[osId] === undefined) throw bad(`there is no operating system number ${osId}`);
  if (type === 'n' && !RESIZABLE_OS.includes(osId))
    throw bad(`the imaging environment resizes no disk of ${OS_NAMES[osId]}`);
}

import type { Generation } from '#domain/generation.js';
import type { GenerationDeploy } from '#store/generations.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { refuseUnderDeploys, rollBackTo, settlePlaces } from './generations.js';
import { findImage } from './manage-images.js';

/** What people do to generations. All throw errors of the catalogue and resolve when durable. */

/** Makes the generation before the current one the current one. Throws IMAGE_UNKNOWN, NO_PREVIOUS_GENERATION, GENERATION_DAMAGED, IMAGE_PROTECTED. */
export async function rollbackImage(context: Context, key: string, _actor: string): Promise<Generation> {
  const image = findImage(context, key);
  if (image.protected) throw actionErrors.IMAGE_PROTECTED({ name: image.name });
  refuseUnderDeploys(context, image);
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

/** Has the generations that are there read back again. Throws IMAGE_UNKNOWN, IMAGE_EMPTY. */
export async function verifyImageAgain(context: Context, key: string, _actor: string): Promise<Generation[]> {
  const { store, generations } = context;
  const image = findImage(context, key);
  await settlePlaces(context, image);
  return store.commit(() => {
    const present = generations
      .list(image.id)
      .filter(({ place }) => place === 'current' || place === 'previous');
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
export function describeGenerations(context: Context, key: string): GenerationDescription[] {
  const { generations } = context;
  const image = findImage(context, key);
  return generations.list(image.id).map((one) => ({ ...one, deploys: generations.deploys(one.id) }));
}

import type { Generation } from '#domain/generation.js';
import type { GenerationDeploy, GenerationQuery } from '#store/generations.js';
import type { Page } from '#store/page.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { lookAtPlaces, refuseUnderDeploys, rollBackTo, settlePlaces } from './generations.js';
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
  const settle = await lookAtPlaces(context, image);
  return store.commit(() => {
    settle();
    const present = generations
      .list(image.id)
      .filter(({ place }) => place === 'current' || place === 'previous');
    if (present.length === 0) throw actionErrors.IMAGE_EMPTY({ name: image.name });
    for (const { id } of present) generations.recheck(id);
    return generations.list(image.id).filter(({ place }) => place !== 'gone');
  });
}

/** A generation as people read it. */
export interface GenerationView extends Omit<Generation, 'inode' | 'imageId'> {
  /** Hosts that it was deployed to. */
  readonly deploys: readonly Omit<GenerationDeploy, 'generationId'>[];
  /** Of the reading back that is at work now. */
  readonly percent: number | null;
}

export function describeGenerations(
  { generations, verifying }: Context,
  wanted: readonly Generation[],
): GenerationView[] {
  const deploys = generations.deploys(wanted.map(({ id }) => id));
  return wanted.map(({ inode: _inode, imageId: _imageId, ...shown }) => ({
    ...shown,
    deploys: (deploys.get(shown.id) ?? []).map(({ taskId, host, finishedAt }) => ({
      taskId,
      host,
      finishedAt,
    })),
    percent: verifying.get(shown.id) ?? null,
  }));
}

/** All generations that are known of an image. Throws IMAGE_UNKNOWN. */
export function listGenerations(context: Context, key: string, query: GenerationQuery): Page<GenerationView> {
  const { items, total } = context.generations.page(findImage(context, key).id, query);
  return { items: describeGenerations(context, items), total };
}

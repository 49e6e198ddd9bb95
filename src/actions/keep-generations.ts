import type { Logger } from '#daemon/log.js';
import type { Health, Service } from '#daemon/service.js';
import type { Generation } from '#domain/generation.js';
import { messageOf } from '#errors.js';
import type { ImageShape } from '#images/image-store.js';
import type { Verification } from '#images/verifier.js';
import type { Verdict } from '#images/verify-image.js';
import type { GenerationFile } from '#store/generations.js';
import type { PublishRow } from '#store/images.js';
import type { Context } from './context.js';
import { isReady, mustWaitForDeploys, rollBackTo, settlePlaces } from './generations.js';
import { imageShape } from './open-session.js';

const LOOK_EVERY_MS = 2_000;
/** After a verification that could not be done (zstd is missing, no memory). */
const AGAIN_AFTER_MS = 300_000;

export type StartVerification = (
  folder: string,
  shape: ImageShape,
  progress: (done: number, total: number) => void,
) => Promise<Verification>;

/**
 * Reads back every generation that was published, one at a time and behind all other work; what is damaged gives its place to the generation
 * before, and is told in the status until it is gone.
 */
export class GenerationKeeper implements Service {
  readonly name = 'verification';
  #cancel: () => void = () => undefined;
  #isRunning = false;
  #work: Promise<void> = Promise.resolve();
  #verification: Verification | undefined;
  #at: Generation | undefined;
  /** Why the last one could not be done. */
  #trouble: string | undefined;

  constructor(
    private readonly context: Context,
    private readonly begin: StartVerification,
    private readonly log: Logger,
  ) {}

  async start(): Promise<void> {
    for (const image of this.context.images.list()) await settlePlaces(this.context, image);
    this.#isRunning = true;
    this.#lookAfter(0);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    this.#cancel();
    // It is begun anew at the next start: nothing of a half verification is worth keeping.
    this.#verification?.stop();
    await this.#work;
  }

  health(): Health {
    const { generations, images } = this.context;
    const name = ({ imageId, number }: Generation) =>
      `generation ${number} of ${images.byId(imageId)?.name ?? 'an image'}`;
    if (this.#trouble !== undefined) return { state: 'degraded', detail: this.#trouble };
    const damaged = generations.damaged();
    if (damaged.length > 0) {
      const told = damaged.map((one) => `${name(one)} is damaged (${one.reason})`).join('; ');
      return { state: 'degraded', detail: `${told}; capture again, or remove it` };
    }
    const left = generations.unverified().length;
    if (this.#at) {
      const percent = this.context.verifying.get(this.#at.id) ?? 0;
      return { state: 'ok', detail: `reads back ${name(this.#at)}, ${percent} %` };
    }
    const detail = left === 0 ? 'all images are verified' : `${left} generations to be read back`;
    return { state: 'ok', detail };
  }

  #lookAfter(ms: number): void {
    this.#cancel = this.context.clock.afterAbout(ms, () => {
      this.#work = this.look().then(
        () => this.#again(LOOK_EVERY_MS),
        (error: unknown) => {
          if (!this.#isRunning) return;
          this.#trouble = `images cannot be verified: ${messageOf(error)}`;
          this.log.error({ reason: messageOf(error) }, 'an image could not be verified');
          this.#again(AGAIN_AFTER_MS);
        },
      );
    });
  }

  #again(ms: number): void {
    if (this.#isRunning) this.#lookAfter(ms);
  }

  /** Brings into their places what waited for deploys to end, then reads back the next generation, if there is one. */
  async look(): Promise<void> {
    const { store, generations, images, imageStore, verifying } = this.context;
    await this.#placeWaiting();
    await this.#replaceAllDamaged();
    const generation = generations.unverified().find((one) => !isReady(this.context, one));
    const image = generation && images.byId(generation.imageId);
    if (!generation || !image) return;
    const { id, type, osId, format, place } = generation;
    const waiting = place === 'received' ? this.#entryOf(generation) : undefined;
    if (place === 'received' && !waiting) {
      await store.commit(() => generations.place(id, 'gone'));
      return;
    }
    const folder = waiting
      ? imageStore.receivedFolder(waiting)
      : imageStore.generationFolder(image.path, place === 'previous' ? 'previous' : 'current');
    const progress = (done: number, total: number): void => {
      verifying.set(id, total === 0 ? 0 : Math.floor((100 * done) / total));
    };
    this.#at = generation;
    progress(0, 0);
    try {
      this.#verification = await this.begin(folder, { ...imageShape(image), type, osId, format }, progress);
      const verdict = await this.#verification.verdict;
      if (waiting) await this.#publishReceived(generation, waiting, verdict);
      else await this.#judge(generation, verdict);
      this.#trouble = undefined;
    } finally {
      verifying.delete(id);
      this.#at = undefined;
      this.#verification = undefined;
    }
  }

  #entryOf({ inode, imageId }: Generation): PublishRow | undefined {
    const { images } = this.context;
    const path = images.byId(imageId)?.path;
    return images.journal().find((entry) => entry.waits && entry.inode === inode && entry.imagePath === path);
  }

  /** What is whole gets its place, at the latest when the deploys of the old one have ended; what is damaged never does. */
  async #publishReceived(generation: Generation, entry: PublishRow, verdict: Verdict): Promise<void> {
    const { store, generations, clock } = this.context;
    // A newer one came under way, or the image was removed.
    if (!this.#entryOf(generation)) return;
    const { id } = generation;
    if (verdict.kind !== 'whole') {
      const reason = verdict.kind === 'damaged' ? verdict.reason : 'its files are missing';
      return this.#giveUp(generation, entry, reason);
    }
    await store.commit(() => generations.verified(id, verdict.files, clock.now()));
    await this.#placeWaiting();
  }

  async #placeWaiting(): Promise<void> {
    const { generations, images } = this.context;
    for (const generation of generations.waiting()) {
      const image = images.byId(generation.imageId);
      const entry = this.#entryOf(generation);
      if (!image || !entry || !isReady(this.context, generation)) continue;
      if (!mustWaitForDeploys(this.context, image)) await this.#place(generation, entry);
    }
  }

  async #place(generation: Generation, entry: PublishRow): Promise<void> {
    const { store, generations, images, imageStore } = this.context;
    const image = images.byId(generation.imageId);
    if (!image) return;
    if (!(await imageStore.publishReceived(entry)))
      return this.#giveUp(generation, entry, 'its files are missing');
    const { id, number, state, publishedAt } = generation;
    await store.commit(() => {
      images.endPublish(entry.sessionId);
      generations.place(id, 'current');
      if (state === 'received') generations.recheck(id);
      images.captured(image.id, publishedAt, entry.clientBytes, entry.serverBytes);
    });
    await settlePlaces(this.context, image);
    this.log.info({ image: image.name, generation: number, state }, 'a capture that waited is published');
  }

  async #giveUp(generation: Generation, entry: PublishRow, reason: string): Promise<void> {
    const { store, generations, images, imageStore, clock } = this.context;
    const { id, number, imageId } = generation;
    const image = images.byId(imageId);
    await store.commit(() => {
      images.endPublish(entry.sessionId);
      generations.foundDamaged(id, reason, clock.now());
      generations.place(id, 'gone');
    });
    if (image) await settlePlaces(this.context, image);
    await imageStore.dropReceived(entry);
    const about = { image: image?.name, generation: number, reason };
    this.log.error(about, 'a capture is damaged and was not published');
  }

  async #judge(before: Generation, verdict: Verdict): Promise<void> {
    const { store, generations, images, clock } = this.context;
    const image = images.byId(before.imageId);
    if (!image) return;
    await settlePlaces(this.context, image);
    const generation = generations.byId(before.id);
    // Another one has come into its place under way, or went: what was read may be of that one.
    if (!generation || generation.place !== before.place) return;
    const about = { image: image.name, generation: generation.number };
    const reason =
      verdict.kind === 'whole' ? changed(generations.files(generation.id), verdict.files) : undefined;
    if (verdict.kind === 'whole' && reason === undefined) {
      await store.commit(() => generations.verified(generation.id, verdict.files, clock.now()));
      this.log.info({ ...about, files: verdict.files.length }, 'an image is verified');
      return;
    }
    const told = reason ?? (verdict.kind === 'damaged' ? verdict.reason : 'files of it are missing');
    await store.commit(() => generations.foundDamaged(generation.id, told, clock.now()));
    this.log.error(
      {
        ...about,
        reason: told,
        deploys: generations.deploys([generation.id]).get(generation.id)?.length ?? 0,
      },
      'an image is damaged',
    );
    await this.#replaceAllDamaged();
  }

  /** A damaged image gets the generation before; where deploys read its own folder, when they have ended. */
  async #replaceAllDamaged(): Promise<void> {
    const { generations, images } = this.context;
    for (const { imageId, place } of generations.damaged()) {
      const image = place === 'current' ? images.byId(imageId) : undefined;
      const previous = generations.list(imageId).find((one) => one.place === 'previous');
      if (!image || !previous || previous.state === 'damaged') continue;
      if (mustWaitForDeploys(this.context, image)) continue;
      const current = await rollBackTo(this.context, image);
      this.log.warn(
        { image: image.name, generation: current.number },
        'the generation before the damaged one is back in its place',
      );
    }
  }
}

/** What has become other than it was when it was verified before; undefined while there was no such time. */
function changed(before: readonly GenerationFile[], now: readonly GenerationFile[]): string | undefined {
  if (before.length === 0) return undefined;
  const sums = new Map(now.map(({ name, sha256 }) => [name, sha256]));
  const other = before.find(({ name, sha256 }) => sums.get(name) !== sha256);
  if (!other) return undefined;
  return sums.has(other.name)
    ? `${other.name} has changed since it was verified`
    : `${other.name} is missing`;
}

import type { Image } from '#domain/image.js';
import { exportId } from '#domain/session.js';
import { storageOf } from '#domain/share.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';
import { checkImage } from './manage-tasks.js';
import { openKnown, sessionOf } from './open-session.js';

export type CaponeAnswer =
  | {
      readonly kind: 'found';
      readonly image: Image;
      readonly mac: string;
      readonly storage: string;
      readonly storageIp: string;
    }
  | { readonly kind: 'none'; readonly reason: string; readonly mac?: string };

/**
 * The image for a machine of this DMI value, and its share (FOG's capone, spec fos-protocol 3.17): the session of the menu that the machine
 * was started from becomes that of a quick deploy. A value names one image, so nobody has to choose at the screen. Repeatable.
 */
export async function caponeImage(
  context: Context,
  call: { readonly token: string | undefined; readonly key: string; readonly address: string },
): Promise<CaponeAnswer> {
  const { store, images, sessions, exports, imageStore, settings } = context;
  const session = call.token === undefined ? undefined : sessionOf(context, call.token);
  if (session?.state !== 'open' || session.taskId !== null)
    return { kind: 'none', reason: 'this machine was not started from the menu of this server' };
  const { mac } = session;
  const image = images.byCaponeKey(call.key);
  if (!image) return { kind: 'none', reason: `no image is for machines with "${call.key}"`, mac };
  try {
    await checkImage(context, image, 'deploy');
    if (session.imageId !== image.id) {
      await exports.close(exportId(session));
      await imageStore.removeRoot(session.id);
      await store.commit(() => sessions.deploys(session.id, image.id));
    }
    const deploying = sessions.byId(session.id) ?? session;
    const opening = await openKnown(context, deploying, call.address);
    if (opening.kind !== 'open') return { kind: 'none', reason: opening.reason, mac };
    const { host, path } = storageOf(settings.nfs, deploying);
    return { kind: 'found', image, mac, storage: `${host}:${path}`, storageIp: host };
  } catch (error) {
    return { kind: 'none', reason: messageOf(error), mac };
  }
}

import {
  advancedScript,
  confirmScript,
  debugScript,
  imageListScript,
  keyScript,
  messageScript,
  openMenuScript,
  quickDeployScript,
} from '#boot/answers.js';
import { bootUrl, type ScriptInput } from '#boot/parts.js';
import type { MenuRequest } from '#boot/request.js';
import { type Host, isProductKey } from '#domain/host.js';
import type { Image } from '#domain/image.js';
import { isOutOfReach } from '#domain/share.js';
import type { User } from '#domain/user.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';
import { checkImage, createTask } from './manage-tasks.js';
import { verifyLogin } from './manage-users.js';
import { offerSession } from './offer-session.js';

/** What somebody who logged in at a menu is answered (spec fos-protocol 1.8.6). */
export interface MenuAnswer {
  readonly kind: 'login-refused' | 'menu-action';
  readonly text: string;
  /** For the trace; never a name or a password. */
  readonly reason: string;
  readonly user?: string;
}

/**
 * Checks the login of a menu and does what was chosen there; undefined where nothing was chosen, and the menu itself is the answer. Input
 * for a script has no session: those that boot something make their own.
 */
export async function answerMenu(
  context: Context,
  input: ScriptInput,
  mac: string,
  address: string,
): Promise<MenuAnswer | undefined> {
  const { login, form } = input.request;
  if (!login) return undefined;
  const result = await verifyLogin(context, { ...login, address });
  if (result.kind !== 'ok') {
    const told =
      result.kind === 'wrong' ? 'Invalid login!' : `Too many failed logins: wait ${result.seconds} s`;
    const text = messageScript(input, told, { forget: true });
    return { kind: 'login-refused', text, reason: result.kind === 'wrong' ? 'wrong name or password' : told };
  }
  if (form.action === undefined) return undefined;
  const { user } = result;
  const done = await ACTIONS[form.action]({ context, input, mac, user });
  return { kind: 'menu-action', ...done, user: user.name };
}

interface Chosen {
  readonly context: Context;
  readonly input: ScriptInput;
  readonly mac: string;
  readonly user: User;
}

type Done = Pick<MenuAnswer, 'text' | 'reason'>;

const ACTIONS: Readonly<Record<MenuRequest, (chosen: Chosen) => Promise<Done> | Done>> = {
  menuaccess: ({ input }) => ({ text: openMenuScript(input), reason: 'opened the hidden menu' }),
  debugAccess: async (chosen) => ({
    text: debugScript(await withSession(chosen, 'plain')),
    reason: 'started a debug shell',
  }),
  advLog: ({ input }) => ({
    text: advancedScript(input.settings.advanced_script, bootUrl(input)),
    reason: 'opened the advanced menu',
  }),
  sessionJoin: ({ input }) => message(input, 'This server does not multicast yet: use Deploy Image'),
  keyreg: changeKey,
  approveHost: approve,
  qihost: deployImage,
};

function message(input: ScriptInput, text: string): Done {
  return { text: messageScript(input, text), reason: text };
}

async function changeKey({ context, input }: Chosen): Promise<Done> {
  const { host, request } = input;
  if (!host) return message(input, 'This machine is no host');
  const { key } = request.form;
  if (key === undefined) return { text: keyScript(input), reason: 'asked for a product key' };
  if (!isProductKey(key)) return message(input, 'Failed to change key: it is not a product key');
  await context.store.commit(() => context.hosts.change(host.id, { productKey: key.toUpperCase() }));
  return message(input, 'Successfully changed key');
}

/** An approved host reports its hardware at once (spec 1.8.6). */
async function approve({ context, input, user }: Chosen): Promise<Done> {
  const { host, request } = input;
  if (!host?.pending) return message(input, 'Host approval failed: it is not pending');
  if (!request.form.confirmed) {
    const text = confirmScript(input, 'Would you like to approve this host?', 'approveHost', 'aprvconf');
    return { text, reason: 'asked whether to approve the host' };
  }
  await context.store.commit(() => context.hosts.change(host.id, { pending: false }));
  await createTask(context, { host: host.name, type: 'inventory' }, user.name);
  return message(input, 'Host approved successfully');
}

/** The list of images, or the start of one: a task for a host, a deploy without one for a machine that is none. */
async function deployImage(chosen: Chosen): Promise<Done> {
  const { context, input, mac, user } = chosen;
  const { host, request } = input;
  const own = host?.imageId == null ? undefined : context.images.byId(host.imageId);
  const images = offered(context, host, own);
  if (request.form.imageId === undefined) {
    if (images.length > 0) return { text: imageListScript(input, images, own), reason: 'chooses an image' };
    return message(
      input,
      'Host is not valid, host has no image assigned, or there are no images defined on the server.',
    );
  }
  const image = images.find(({ id }) => id === request.form.imageId);
  if (!image) return message(input, 'That image cannot be deployed here');
  try {
    if (host) {
      await createTask(context, { host: host.name, type: 'deploy', image: image.name }, user.name);
      return { text: openMenuScript(input), reason: `ordered a deploy of ${image.name}` };
    }
    await checkImage(context, image, 'deploy');
  } catch (error) {
    return message(input, messageOf(error));
  }
  const { settings } = context;
  const session = await withSession(chosen, 'deploy', image);
  const args = { ...settings.images, ...settings.tasks, ...settings.boot };
  return {
    text: quickDeployScript(session, mac, image, args),
    reason: `deploys ${image.name} without a task`,
  };
}

/** Enabled images with files; a pending host has none. */
function offered({ images, settings }: Context, host: Host | undefined, own: Image | undefined): Image[] {
  if (host?.pending) return [];
  const usable = images
    .list()
    .filter(({ enabled, generation }) => enabled && (generation > 0 || isOutOfReach(settings)));
  const isOwnOnly = settings.boot.image_list === 'own';
  return isOwnOnly ? usable.filter(({ id }) => id === own?.id) : usable;
}

async function withSession(
  { context, input, mac }: Chosen,
  kind: 'plain' | 'deploy',
  image?: Image,
): Promise<ScriptInput> {
  const session = await offerSession(context, {
    kind,
    mac,
    hostId: input.host?.id ?? null,
    taskId: null,
    imageId: image?.id ?? null,
    serverIp: input.server.ip,
  });
  return { ...input, session };
}

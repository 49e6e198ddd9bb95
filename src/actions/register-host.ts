import { type Host, isProductKey } from '#domain/host.js';
import { isHostName, nameFromMac, nameFromPattern } from '#domain/host-name.js';
import type { Image } from '#domain/image.js';
import { clean } from '#domain/inventory.js';
import { isOverSnapinLimit } from '#domain/snapin.js';
import { messageOf } from '#errors.js';
import type { Context } from './context.js';
import { changeClientSettings } from './manage-client-settings.js';
import { createTask } from './manage-tasks.js';
import { verifyLogin } from './manage-users.js';

const NAME_COUNTER = 'registration.name';
/** What somebody types at a screen. */
const MOST_NUMBERS = 100;

export interface QuickRegistration {
  /** The first is the primary one. */
  readonly macs: readonly string[];
  readonly serial: string;
  readonly productKey: string;
}

export interface FullRegistration {
  readonly macs: readonly string[];
  readonly name: string;
  readonly primaryUser: string;
  readonly other1: string;
  readonly other2: string;
  /** Numbers as the operator typed them from the lists. */
  readonly imageId: string;
  /** With commas, as `snapinIds`. */
  readonly groupIds: string;
  /** In the order in which the host shall run them. */
  readonly snapinIds: string;
  readonly productKey: string;
  /** It is to join the domain of the defaults (FOG_AD_DEFAULT_*). */
  readonly joinDomain: boolean;
  /** Deploy at the next boot; only for who may log in. */
  readonly deploy: boolean;
  readonly login: { readonly name: string; readonly password: string };
  readonly address: string;
}

export type Registration =
  | {
      readonly kind: 'registered';
      readonly host: Host;
      /** What became of the wish to deploy; undefined where there was none. */
      readonly imaging?: { readonly ordered: true } | { readonly ordered: false; readonly reason: string };
      /** What was asked for and is not done. */
      readonly left: readonly string[];
    }
  /** The machine is a host already, by any of its MACs. */
  | { readonly kind: 'known'; readonly host: Host }
  | { readonly kind: 'refused'; readonly reason: string };

/** Makes a host of a machine that asked for it at its boot menu, as the settings say. Resolves when durable. */
export async function registerQuickly(
  context: Context,
  { macs, serial, productKey }: QuickRegistration,
): Promise<Registration> {
  const { settings, images, groups } = context;
  const { image: imageName, group: groupName, deploy } = settings.registration;
  const image = imageName === '' ? undefined : images.list().find(({ name }) => isSame(name, imageName));
  const registered = await register(
    context,
    macs,
    (mac) => {
      const { hosts, counters } = context;
      const { name, next } = nameFromPattern({
        pattern: settings.registration.name,
        mac,
        serial,
        next: counters.get(NAME_COUNTER, 1),
        isTaken: (candidate) => hosts.byName(candidate) !== undefined,
      });
      counters.set(NAME_COUNTER, next);
      return hosts.byName(name) ? { refused: `a host named ${name} exists already` } : { name };
    },
    (host) => {
      const group = groupName === '' ? undefined : groups.byName(groupName);
      if (group) groups.join(group.id, host.id);
      equip(context, host, image, productKey);
    },
  );
  return deploy && registered.kind === 'registered'
    ? await withDeploy(context, registered, image)
    : registered;
}

/**
 * Makes a host of a machine whose operator answered the questions of the full registration. An empty name means the MAC. A deploy is
 * ordered only with a login that is right: FOG 1.5 takes any (spec fos-protocol 3.10). Resolves when durable.
 */
export async function registerFully(context: Context, registration: FullRegistration): Promise<Registration> {
  const { images, groups, snapins, clock, settings } = context;
  const wantedImages = found('image', registration.imageId, (id) => images.byId(id));
  const wantedGroups = found('group', registration.groupIds, (id) => groups.byId(id));
  const wantedSnapins = found('snapin', registration.snapinIds, (id) => snapins.byId(id));
  const [image] = wantedImages.items;
  const registered = await register(
    context,
    registration.macs,
    (mac) => {
      const name = registration.name === '' ? nameFromMac(mac) : registration.name;
      if (!isHostName(name))
        return { refused: `Unsafe hostname entered, please try again: ${clean(name, 60)}` };
      if (context.hosts.byName(name)) return { refused: 'Hostname already used, please try again' };
      const { limit } = settings.snapins;
      // As with FOG, nothing is registered then: the host would not be what was asked for.
      if (isOverSnapinLimit(wantedSnapins.items.length, limit))
        return {
          refused: `You are only allowed to assign ${limit} snapin${limit === 1 ? '' : 's'} per host`,
        };
      return { name };
    },
    (host) => {
      const typed = {
        primaryUser: clean(registration.primaryUser, 50),
        other1: clean(registration.other1, 50),
        other2: clean(registration.other2, 50),
      };
      context.inventory.saveTyped(host.id, typed, clock.now());
      for (const { id } of wantedGroups.items) groups.join(id, host.id);
      for (const { id } of wantedSnapins.items) snapins.assign(host.id, id);
      equip(context, host, image, registration.productKey);
    },
  );
  if (registered.kind !== 'registered') return registered;
  const left = [wantedImages, wantedGroups, wantedSnapins].flatMap(({ missing }) => missing);
  if (registration.productKey !== '' && !isProductKey(registration.productKey))
    left.push('what was typed is no product key');
  if (registration.joinDomain) left.push(...(await joinDomain(context, registered.host)));
  const told = { ...registered, left };
  if (!registration.deploy) return told;
  const login = await verifyLogin(context, { ...registration.login, address: registration.address });
  if (login.kind !== 'ok') return { ...told, imaging: { ordered: false, reason: 'Invalid Login.' } };
  return await withDeploy(context, told, image, login.user.name);
}

/** What has the numbers that were typed, in that order, each once; `missing` names the others. */
function found<T>(
  kind: string,
  typed: string,
  byId: (id: number) => T | undefined,
): { readonly items: readonly T[]; readonly missing: readonly string[] } {
  const words = typed.split(',').map((word) => word.trim().replace(/^0+/, ''));
  const numbers = [...new Set(words)].filter((word) => word !== '').slice(0, MOST_NUMBERS);
  const [items, missing]: [T[], string[]] = [[], []];
  for (const number of numbers) {
    const item = /^\d{1,9}$/.test(number) ? byId(Number(number)) : undefined;
    if (item) items.push(item);
    else missing.push(`there is no ${kind} ${clean(number, 20)}`);
  }
  return { items, missing };
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function equip({ hosts }: Context, host: Host, image: Image | undefined, productKey: string): void {
  if (image) hosts.assignImage(host.id, image.id);
  if (isProductKey(productKey)) hosts.change(host.id, { productKey: productKey.toUpperCase() });
}

/** Gives why it cannot be done. Its client is told the password only in the hours after a deploy, or when an admin wants it (spec client-protocol 10.2). */
async function joinDomain(context: Context, { name }: Host): Promise<string[]> {
  try {
    await changeClientSettings(context, name, { joinDomain: true });
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
}

async function withDeploy(
  context: Context,
  registered: Extract<Registration, { kind: 'registered' }>,
  image: Image | undefined,
  actor = 'registration',
): Promise<Registration> {
  const not = (reason: string): Registration => ({ ...registered, imaging: { ordered: false, reason } });
  if (!image) return not('No image assigned.');
  if (!image.enabled) return not('Image is not enabled.');
  try {
    await createTask(context, { host: registered.host.name, type: 'deploy', image: image.name }, actor);
    return { ...registered, imaging: { ordered: true } };
  } catch (error) {
    return not(`Failed to create tasking: ${messageOf(error)}.`);
  }
}

async function register(
  { store, hosts, clock, settings }: Context,
  allMacs: readonly string[],
  choose: (primaryMac: string) => { name: string } | { refused: string },
  afterwards: (host: Host) => void,
): Promise<Registration> {
  const { enabled, ignore_macs: ignored, approve } = settings.registration;
  // Docking stations and USB adapters are nobody's own (FOG_QUICKREG_PENDING_MAC_FILTER).
  const macs = allMacs.filter((mac) => !ignored.some((part) => mac.includes(part.toLowerCase())));
  const [primary] = macs;
  if (primary === undefined) return { kind: 'refused', reason: 'Invalid MAC Address!' };
  return store.commit((): Registration => {
    const [known] = hosts.byMacs(macs);
    if (known) return { kind: 'known', host: known };
    if (!enabled) return { kind: 'refused', reason: 'Registration is disabled on this server' };
    const chosen = choose(primary);
    if ('refused' in chosen) return { kind: 'refused', reason: chosen.refused };
    const createdAt = clock.now();
    const added = hosts.add({
      name: chosen.name,
      description: `Created by FOG Reg on ${new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ')}`,
      createdAt,
      createdBy: 'fos',
      macs,
    });
    if (approve) hosts.change(added.id, { pending: true });
    afterwards(added);
    return { kind: 'registered', host: hosts.byId(added.id) ?? added, left: [] };
  });
}

import { toText } from '#settings/ipv4.js';
import { bootAnswer, wantsBoot } from './boot-answer.js';
import type { Client } from './client.js';
import {
  type CompiledNetwork,
  type CompiledSubnet,
  isLeasable,
  networkOf,
  networkOfLink,
  subnetIn,
  timeOptions,
} from './compile.js';
import type { Lease } from './lease.js';
import { MessageType, Option } from './options/codes.js';
import { wantedSubnet } from './options/subnet-selection.js';
import { text } from './options/values.js';
import type { Holder } from './pool.js';
import {
  asRelayedNak,
  destination,
  informDestination,
  makeReply,
  nakDestination,
  type ReplyParts,
} from './reply.js';
import type { Endpoint, Scene, Verdict } from './verdict.js';

/** How long an offered address waits for its REQUEST. iPXE never starts again after a NAK, so the promise must hold through its boot. */
export const OFFER_MS = 60_000;
/** How long an address that was found in use stays out of the pool. */
export const DECLINED_MS = 24 * 3_600_000;

type Place = Scene & { readonly network: CompiledNetwork };

/** Server mode: RFC 2131 section 4.3. */
export function decideServer(scene: Scene): Verdict {
  const { client } = scene;
  const event = client.messageType === undefined ? 'bootp' : (EVENTS.get(client.messageType) ?? 'ignored');
  const network = networkFor(scene);
  if (network === undefined) return ignored(event, [nowhere(scene)]);
  const place: Place = { ...scene, network };
  switch (client.messageType) {
    case undefined:
      return bootp(place);
    case MessageType.DISCOVER:
      return discover(place);
    case MessageType.REQUEST:
      return request(place);
    case MessageType.RELEASE:
      return release(place);
    case MessageType.DECLINE:
      return decline(place);
    default:
      return inform(place);
  }
}

function nowhere({ packet, context: { link } }: Scene): string {
  const wanted = wantedSubnet(packet);
  if (wanted !== undefined)
    return `${toText(wanted)}, where an address is wanted, is in no subnet of dhcp.subnets`;
  return packet.giaddr !== 0
    ? `relay ${toText(packet.giaddr)} is in no subnet of dhcp.subnets`
    : `${link.name} (${link.addressText}) is in no subnet of dhcp.subnets`;
}

const EVENTS = new Map<number, string>([
  [MessageType.DISCOVER, 'discover'],
  [MessageType.REQUEST, 'request'],
  [MessageType.RELEASE, 'release'],
  [MessageType.DECLINE, 'decline'],
  [MessageType.INFORM, 'inform'],
]);

/**
 * The network that a relay names, else the relay's own, else that of the address the machine holds (it renews by unicast from behind a
 * router, without the relay: RFC 2131 section 4.3.2), else the interface's.
 */
function networkFor({ packet, client, context }: Scene): CompiledNetwork | undefined {
  const { settings, link } = context;
  const told = wantedSubnet(packet) ?? packet.giaddr;
  if (told !== 0) return networkOf(settings, told);
  const held = client.messageType === MessageType.DECLINE ? client.requested : packet.ciaddr;
  return (held ? networkOf(settings, held) : undefined) ?? networkOfLink(settings, link);
}

/** The address that only this machine gets, if it has one here. */
function ownAddress({ given, network }: Place): number | undefined {
  const { address } = given;
  return address !== undefined && subnetIn(network, address) !== undefined ? address : undefined;
}

/** Who keeps the machine from an address; undefined: nobody. */
function otherHolder(place: Place, address: number): Holder | undefined {
  const { client, context, network } = place;
  const holder = context.leases.pool(network).holder(address, context.now);
  if (holder === undefined) return undefined;
  // An address of its own is the machine's whatever it calls itself from stage to stage.
  const isMine = holder.kind !== 'declined' && address === ownAddress(place) && holder.mac === client.mac;
  return isMine || isSameMachine(holder, client) ? undefined : holder;
}

function holderText(address: number, { kind, mac }: Holder): string {
  return kind === 'declined' ? `${toText(address)} was found in use` : `${toText(address)} belongs to ${mac}`;
}

/** BOOTP has no leases and no way to ask again: only what is the machine's for good (RFC 1534). */
function bootp(place: Place): Verdict {
  const address = ownAddress(place);
  if (address === undefined)
    return ignored('bootp', [
      'plain BOOTP is served only to machines with an address of their own (dhcp.hosts)',
    ]);
  const holder = otherHolder(place, address);
  if (holder !== undefined) return ignored('bootp', [holderText(address, holder)]);
  return answer(place, 'bootp', undefined, address, destination(place));
}

function discover(place: Place): Verdict {
  const { client, context, network } = place;
  const own = ownAddress(place);
  const holder = own === undefined ? undefined : otherHolder(place, own);
  const reasons =
    own === undefined || holder === undefined ? [] : [`its own address ${holderText(own, holder)}`];
  const pool = context.leases.pool(network);
  const address =
    own !== undefined && holder === undefined ? own : pool.choose(client.key, client.requested, context.now);
  if (address === undefined) return ignored('discover', [...reasons, `no free address in ${network.text}`]);
  const effect = { kind: 'reserve', network, address, until: context.now + OFFER_MS } as const;
  const offer = answer(place, 'offer', MessageType.OFFER, address, destination(place));
  // Behind a relay the neighbour table knows nobody.
  const isToBeProbed = context.settings.probe && place.packet.giaddr === 0 && pool.isFresh(address);
  return {
    ...offer,
    reasons: [...reasons, ...offer.reasons],
    effect,
    ...(isToBeProbed ? { probe: address } : {}),
  };
}

/** In which state a client asks (RFC 2131 section 4.3.2), and for what. RENEWING and REBINDING differ in how they travel only. */
type Asked =
  | { readonly state: 'selecting' | 'init-reboot' | 'renewing'; readonly address: number }
  | { readonly state: 'nothing' };

function stateOf({ packet, client }: Scene): Asked {
  // Some clients fill ciaddr where option 50 belongs.
  const selected = client.requested ?? packet.ciaddr;
  if (client.serverId !== undefined)
    return selected === 0 ? { state: 'nothing' } : { state: 'selecting', address: selected };
  if (packet.ciaddr !== 0) return { state: 'renewing', address: packet.ciaddr };
  return client.requested ? { state: 'init-reboot', address: client.requested } : { state: 'nothing' };
}

function request(place: Place): Verdict {
  const { client, context, network } = place;
  if (client.serverId !== undefined && !context.link.addresses.includes(client.serverId)) {
    return {
      ...ignored('request', [`it took the offer of ${toText(client.serverId)}`], {
        server: toText(client.serverId),
      }),
      effect: { kind: 'forget', network },
    };
  }
  const asked = stateOf(place);
  if (asked.state === 'nothing')
    return ignored('request', ['it names no address, neither in option 50 nor in ciaddr']);

  const { state, address } = asked;
  const facts = { address: toText(address), state };
  const ours = context.leases.pool(network).leaseOf(client.key);
  const wrong = objections(place, state, address);
  if (wrong.length === 0) {
    if (ours === undefined && state !== 'selecting' && !context.settings.authoritative) {
      return ignored('request', ['this server has no record of the machine'], facts);
    }
    return grant(place, address);
  }
  // Outside our ranges another server or a fixed address may be right: only a machine that has it from us is refused.
  const isFromUs = state === 'selecting' || ours?.address === address;
  const isNobodys = !isLeasable(network, address) && !context.settings.rules.byAddress.has(address);
  const mayBeRight = subnetIn(network, address) !== undefined && isNobodys && !isFromUs;
  if (mayBeRight || !context.settings.authoritative) return ignored('request', wrong, facts);
  return refuse(place, wrong, facts);
}

/** Why the machine cannot have the address; all reasons. */
function objections(place: Place, state: string, address: number): string[] {
  const { context, network } = place;
  const wrong: string[] = [];
  const name = toText(address);
  const own = ownAddress(place);
  const reserved = context.settings.rules.byAddress.get(address);
  if (subnetIn(network, address) === undefined)
    wrong.push(`${name} is not in ${network.text}, where the machine is`);
  else if (reserved !== undefined && address !== own) wrong.push(`${name} is set aside for ${reserved.name}`);
  else if (address !== own && !isLeasable(network, address))
    wrong.push(`${name} is in no range of ${network.text}`);
  // A machine that starts can take its own address now; one that runs keeps what it has until then.
  const couldHaveOwn = own !== undefined && address !== own && otherHolder(place, own) === undefined;
  if (couldHaveOwn && state === 'init-reboot') wrong.push(`its own address is ${toText(own)}`);
  const holder = otherHolder(place, address);
  return holder === undefined ? wrong : [...wrong, holderText(address, holder)];
}

/** A booting machine may also have the address that its own operating system holds under a client identifier: better than a NAK. */
function isSameMachine(holder: Holder, client: Client): boolean {
  if (holder.kind === 'declined') return false;
  return holder.key === client.key || (client.isBooting && holder.mac === client.mac);
}

function grant(place: Place, address: number): Verdict {
  const { client, context, network, given } = place;
  const leaseMs =
    given.leaseSeconds === undefined ? (subnetIn(network, address)?.leaseMs ?? 0) : given.leaseSeconds * 1000;
  const lease: Lease = {
    address,
    mac: client.mac,
    clientId: client.clientId,
    hostname: client.hostname,
    state: 'bound',
    grantedAt: context.now,
    expiresAt: context.now + leaseMs,
  };
  return {
    ...answer(place, 'ack', MessageType.ACK, address, destination(place)),
    effect: { kind: 'bind', network, lease },
  };
}

function refuse(place: Place, reasons: readonly string[], facts: Verdict['facts']): Verdict {
  const { packet } = place;
  const reply = makeReply(place, {
    type: MessageType.NAK,
    options: [new Map([[Option.MESSAGE, text((reasons[0] ?? 'wrong address').slice(0, 255))]])],
  });
  return {
    event: 'nak',
    outcome: 'refused',
    who: {},
    reasons,
    facts,
    reply: {
      packet: asRelayedNak(reply.packet),
      maxLength: place.client.maxLength,
      to: nakDestination(packet),
    },
  };
}

function release({ packet, client, context, network }: Place): Verdict {
  const reasons: string[] = [];
  const lease = context.leases.pool(network).leaseOf(client.key);
  const facts = { address: toText(packet.ciaddr) };
  if (client.serverId !== undefined && !context.link.addresses.includes(client.serverId)) {
    reasons.push(`it is meant for ${toText(client.serverId)}`);
  }
  if (lease?.address !== packet.ciaddr || lease.state !== 'bound') {
    reasons.push(`${toText(packet.ciaddr)} is not leased to this machine`);
  }
  if (reasons.length > 0) return ignored('release', reasons, facts);
  return {
    event: 'release',
    outcome: 'answered',
    who: {},
    reasons,
    facts,
    effect: { kind: 'release', network },
  };
}

function decline({ client, context, network }: Place): Verdict {
  const { requested } = client;
  if (requested === undefined) return ignored('decline', ['it names no address (option 50)']);
  const address = toText(requested);
  const reasons: string[] = [];
  if (client.serverId !== undefined && !context.link.addresses.includes(client.serverId)) {
    reasons.push(`it is meant for ${toText(client.serverId)}`);
  }
  // Anybody could empty the pool otherwise.
  if (context.leases.pool(network).holder(requested, context.now)?.key !== client.key) {
    reasons.push(`${address} was not given to this machine`);
  }
  if (reasons.length > 0) return ignored('decline', reasons, { address });
  const lease: Lease = {
    address: requested,
    mac: client.mac,
    clientId: client.clientId,
    hostname: client.hostname,
    state: 'declined',
    grantedAt: context.now,
    expiresAt: context.now + DECLINED_MS,
  };
  return {
    event: 'decline',
    outcome: 'answered',
    who: {},
    reasons: [`something else on the network uses ${address}: set aside for ${DECLINED_MS / 3_600_000} h`],
    facts: { address },
    effect: { kind: 'decline', network, lease },
  };
}

/** The machine has an address already and asks for the rest; told where it is, past any relay (RFC 2131 section 4.3.5). */
function inform(place: Place): Verdict {
  const { packet, context, network } = place;
  const address = packet.ciaddr !== 0 ? packet.ciaddr : context.from.address;
  if (address === 0) return ignored('inform', ['it has no address to answer to']);
  // The mask and router of another network would cut it off from its own.
  if (subnetIn(network, address) === undefined)
    return ignored('inform', [`${toText(address)} is not in ${network.text}`]);
  return answer(place, 'inform', MessageType.ACK, undefined, informDestination(place), address);
}

/**
 * An OFFER or ACK with all that the network, its own rules and the boot have to say. `address` undefined: nothing is leased, and `at` is
 * where the machine is.
 */
function answer(
  place: Place,
  event: string,
  type: number | undefined,
  address: number | undefined,
  to: Endpoint,
  at = address,
): Verdict {
  const { packet, client, network, given } = place;
  const subnet: CompiledSubnet | undefined = at === undefined ? undefined : subnetIn(network, at);
  const boot = wantsBoot(place) ? bootAnswer(place) : undefined;
  const none: ReadonlyMap<number, Buffer> = new Map();
  const bootOptions = boot?.options ?? none;
  const times =
    given.leaseSeconds === undefined ? (subnet?.timeOptions ?? none) : timeOptions(given.leaseSeconds);
  const options: NonNullable<ReplyParts['options']> = [
    address === undefined || type === undefined ? none : times,
    subnet?.networkOptions ?? none,
    // What an admin set wins, but for machines in their boot: theirs is chosen per architecture. A telephone may have its own 66 and 67.
    ...(client.isBooting ? [given.options, bootOptions] : [bootOptions, given.options]),
  ];
  const reply = makeReply(place, {
    type,
    options,
    yiaddr: address ?? 0,
    ciaddr: type === MessageType.OFFER ? 0 : packet.ciaddr,
    ...(boot === undefined ? {} : { siaddr: boot.siaddr, sname: boot.sname, file: boot.file }),
  });
  return {
    event,
    outcome: 'answered',
    who: {
      ...(type === MessageType.ACK && address !== undefined ? { ip: toText(address) } : {}),
      ...(boot === undefined ? {} : { arch: boot.choice.architecture.name }),
    },
    reasons: [...(boot?.choice.kind === 'none' ? [boot.choice.reason] : []), ...reply.reasons],
    facts: {
      server: place.context.link.addressText,
      ...(address === undefined ? {} : { address: toText(address) }),
      ...(boot?.choice.kind === 'file' ? { file: boot.choice.file } : {}),
      ...(boot?.choice.kind === 'url' ? { file: boot.choice.url } : {}),
    },
    reply: { packet: reply.packet, maxLength: client.maxLength, to },
  };
}

function ignored(event: string, reasons: readonly string[], facts: Verdict['facts'] = {}): Verdict {
  return { event, outcome: 'ignored', who: {}, reasons, facts };
}

import { toText } from '#settings/ipv4.js';
import { bootAnswer, wantsBoot } from './boot-answer.js';
import type { Client } from './client.js';
import { type CompiledSubnet, contains, isLeasable, subnetOf, subnetOfLink } from './compile.js';
import type { Lease } from './lease.js';
import { MessageType, Option } from './options/codes.js';
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

type Place = Scene & { readonly subnet: CompiledSubnet };

/** Server mode: RFC 2131 section 4.3. */
export function decideServer(scene: Scene): Verdict {
  const { packet, client, context } = scene;
  const event = EVENTS.get(client.messageType ?? 0) ?? 'ignored';
  const subnet = subnetFor(scene);
  if (subnet === undefined) {
    const where =
      packet.giaddr !== 0
        ? `relay ${toText(packet.giaddr)} is in no subnet of dhcp.subnets`
        : `${context.link.name} (${context.link.addressText}) is in no subnet of dhcp.subnets`;
    return ignored(event, [where]);
  }
  const place: Place = { ...scene, subnet };
  switch (client.messageType) {
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

const EVENTS = new Map<number, string>([
  [MessageType.DISCOVER, 'discover'],
  [MessageType.REQUEST, 'request'],
  [MessageType.RELEASE, 'release'],
  [MessageType.DECLINE, 'decline'],
  [MessageType.INFORM, 'inform'],
]);

/**
 * The relay's subnet, else that of the address the machine holds (it renews by unicast from behind a router, without the relay:
 * RFC 2131 section 4.3.2), else the interface's.
 */
function subnetFor({ packet, client, context }: Scene): CompiledSubnet | undefined {
  const { settings, link } = context;
  if (packet.giaddr !== 0) return subnetOf(settings, packet.giaddr);
  const held = client.messageType === MessageType.DECLINE ? client.requested : packet.ciaddr;
  return (held ? subnetOf(settings, held) : undefined) ?? subnetOfLink(settings, link);
}

function discover(place: Place): Verdict {
  const { client, context, subnet } = place;
  const address = context.leases.pool(subnet).choose(client.key, client.requested, context.now);
  if (address === undefined) return ignored('discover', [`no free address in ${subnet.text}`]);
  const effect = { kind: 'reserve', subnet, address, until: context.now + OFFER_MS } as const;
  return { ...answer(place, 'offer', MessageType.OFFER, address, destination(place)), effect };
}

/** SELECTING names the server; INIT-REBOOT names an address only; RENEWING and REBINDING use theirs (RFC 2131 section 4.3.2). */
function request(place: Place): Verdict {
  const { packet, client, context, subnet } = place;
  if (client.serverId !== undefined && !context.link.addresses.includes(client.serverId)) {
    return {
      ...ignored('request', [`it took the offer of ${toText(client.serverId)}`], {
        server: toText(client.serverId),
      }),
      effect: { kind: 'forget', subnet },
    };
  }
  const address = client.requested ?? packet.ciaddr;
  if (address === 0) return ignored('request', ['it names no address, neither in option 50 nor in ciaddr']);

  const isSelecting = client.serverId !== undefined;
  const facts = { address: toText(address) };
  const ours = context.leases.pool(subnet).leaseOf(client.key);
  const wrong = objections(place, address);
  if (wrong.length === 0) {
    if (ours === undefined && !isSelecting && !context.settings.authoritative) {
      return ignored('request', ['this server has no record of the machine'], facts);
    }
    return grant(place, address);
  }
  // Outside our ranges another server or a fixed address may be right: only a machine that has it from us is refused.
  const isFromUs = isSelecting || ours?.address === address;
  const mayBeRight = contains(subnet, address) && !isLeasable(subnet, address) && !isFromUs;
  if (mayBeRight || !context.settings.authoritative) return ignored('request', wrong, facts);
  return refuse(place, wrong, facts);
}

/** Why the machine cannot have the address; all reasons. */
function objections({ client, context, subnet }: Place, address: number): string[] {
  const wrong: string[] = [];
  const name = toText(address);
  if (!contains(subnet, address)) wrong.push(`${name} is not in ${subnet.text}, where the machine is`);
  else if (!isLeasable(subnet, address)) wrong.push(`${name} is in no range of ${subnet.text}`);
  const holder = context.leases.pool(subnet).holder(address, context.now);
  if (holder === undefined || isSameMachine(holder, client)) return wrong;
  wrong.push(holder.kind === 'declined' ? `${name} was found in use` : `${name} belongs to ${holder.mac}`);
  return wrong;
}

/** A booting machine may also have the address that its own operating system holds under a client identifier: better than a NAK. */
function isSameMachine(holder: Holder, client: Client): boolean {
  if (holder.kind === 'declined') return false;
  return holder.key === client.key || ((client.isPxe || client.isIpxe) && holder.mac === client.mac);
}

function grant(place: Place, address: number): Verdict {
  const { client, context, subnet } = place;
  const lease: Lease = {
    address,
    mac: client.mac,
    clientId: client.clientId,
    hostname: client.hostname,
    state: 'bound',
    grantedAt: context.now,
    expiresAt: context.now + context.settings.leaseMs,
  };
  return {
    ...answer(place, 'ack', MessageType.ACK, address, destination(place)),
    effect: { kind: 'bind', subnet, lease },
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
    reply: { packet: asRelayedNak(reply.packet), to: nakDestination(packet) },
  };
}

function release({ packet, client, context, subnet }: Place): Verdict {
  const reasons: string[] = [];
  const lease = context.leases.pool(subnet).leaseOf(client.key);
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
    effect: { kind: 'release', subnet },
  };
}

function decline({ client, context, subnet }: Place): Verdict {
  const { requested } = client;
  if (requested === undefined) return ignored('decline', ['it names no address (option 50)']);
  const address = toText(requested);
  const reasons: string[] = [];
  if (client.serverId !== undefined && !context.link.addresses.includes(client.serverId)) {
    reasons.push(`it is meant for ${toText(client.serverId)}`);
  }
  // Anybody could empty the pool otherwise.
  if (context.leases.pool(subnet).holder(requested, context.now)?.key !== client.key) {
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
    effect: { kind: 'decline', subnet, lease },
  };
}

/** The machine has an address already and asks for the rest; told where it is, past any relay (RFC 2131 section 4.3.5). */
function inform(place: Place): Verdict {
  const { packet, context, subnet } = place;
  const address = packet.ciaddr !== 0 ? packet.ciaddr : context.from.address;
  if (address === 0) return ignored('inform', ['it has no address to answer to']);
  // The mask and router of another network would cut it off from its own.
  if (!contains(subnet, address)) return ignored('inform', [`${toText(address)} is not in ${subnet.text}`]);
  return answer(place, 'inform', MessageType.ACK, undefined, informDestination(place));
}

/** An OFFER or ACK with all that the subnet and the boot have to say. `address` undefined: nothing is leased. */
function answer(
  place: Place,
  event: string,
  type: number,
  address: number | undefined,
  to: Endpoint,
): Verdict {
  const { packet, subnet } = place;
  const boot = wantsBoot(place) ? bootAnswer(place) : undefined;
  const options: NonNullable<ReplyParts['options']> = [
    ...(address === undefined ? [] : [subnet.timeOptions]),
    subnet.networkOptions,
    ...(boot === undefined ? [] : [boot.options]),
  ];
  const reply = makeReply(place, {
    type,
    options,
    yiaddr: address ?? 0,
    ciaddr: type === MessageType.ACK ? packet.ciaddr : 0,
    ...(boot === undefined ? {} : { siaddr: boot.siaddr, file: boot.file }),
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
    reply: { packet: reply.packet, to },
  };
}

function ignored(event: string, reasons: readonly string[], facts: Verdict['facts'] = {}): Verdict {
  return { event, outcome: 'ignored', who: {}, reasons, facts };
}

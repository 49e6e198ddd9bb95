import { architectureOf } from '#boot/architecture.js';
import { toText } from '#settings/ipv4.js';
import type { Party } from '#trace/decision.js';
import { type Client, readClient } from './client.js';
import { decideProxy } from './decide-proxy.js';
import { decideServer } from './decide-server.js';
import { MessageType, messageTypeName } from './options/codes.js';
import { BOOT_REQUEST, macText, type Packet } from './packet.js';
import { rulesFor } from './rules.js';
import type { Context, Scene, Verdict } from './verdict.js';

/**
 * Decides about one decoded packet: an answer, or why there is none, with all the reasons. Pure; the caller applies the effect, makes
 * it durable, and sends.
 */
export function decide(packet: Packet, context: Context): Verdict {
  const client = readClient(packet);
  const faults = faultsOf(packet, client, context);
  if (faults.length > 0) {
    const { mac } = client;
    const named = packet.hlen === 6 && !/^(ff:){5}ff$|^(00:){5}00$/.test(mac);
    return {
      event: 'ignored',
      outcome: 'ignored',
      who: named ? { mac } : {},
      reasons: faults,
      facts: factsOf(packet, context),
    };
  }
  const given = rulesFor(context.settings.rules, client, context.hostOf);
  const scene: Scene = { packet, client, context, given };
  const verdict = context.settings.mode === 'proxy' ? decideProxy(scene) : decideServer(scene);
  const { event, outcome, reasons, reply, effect, probe } = verdict;
  const facts = factsOf(packet, context);
  if (given.names.length > 0) facts.rules = given.names.join(', ');
  Object.assign(facts, verdict.facts);
  const who = Object.assign(partyOf(client, packet), verdict.who);
  return { event, outcome, who, reasons, facts, client, reply, effect, probe };
}

/** What is wrong with a packet whatever it asks for. */
function faultsOf(packet: Packet, { messageType }: Client, { link }: Context): string[] {
  const faults: string[] = [];
  const address = packet.chaddr.subarray(0, packet.hlen);
  if (packet.op !== BOOT_REQUEST) faults.push(`op ${packet.op} is not a request`);
  if (packet.hlen !== 6) faults.push(`a hardware address of ${packet.hlen} bytes names no machine`);
  else if (address.every((byte) => byte === 0)) faults.push('the hardware address is all zero');
  else if (((address[0] ?? 0) & 1) === 1)
    faults.push(`${macText(address)} is a group address, not a machine's`);
  if (link.addresses.includes(packet.giaddr))
    faults.push(`the relay address ${toText(packet.giaddr)} is our own`);
  if (messageType !== undefined && !CLIENT_MESSAGES.has(messageType))
    faults.push(`${messageTypeName(messageType)} is not a client's message`);
  return faults;
}

const CLIENT_MESSAGES: ReadonlySet<number> = new Set([
  MessageType.DISCOVER,
  MessageType.REQUEST,
  MessageType.DECLINE,
  MessageType.RELEASE,
  MessageType.INFORM,
]);

function partyOf(client: Client, packet: Packet): Party {
  const party: { -readonly [name in keyof Party]: Party[name] } = { mac: client.mac };
  if (packet.ciaddr !== 0) party.ip = toText(packet.ciaddr);
  if (client.uuid !== undefined) party.uuid = client.uuid;
  if (client.arch !== undefined) party.arch = architectureOf(client.arch).name;
  return party;
}

function factsOf(packet: Packet, { link }: Context): Record<string, string | number | boolean> {
  const facts: Record<string, string | number | boolean> = {
    xid: packet.xid.toString(16).padStart(8, '0'),
    interface: link.name,
  };
  if (packet.giaddr !== 0) facts.giaddr = toText(packet.giaddr);
  return facts;
}

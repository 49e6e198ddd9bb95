import { toText } from '#settings/ipv4.js';
import { bootAnswer } from './boot-answer.js';
import { MessageType, messageTypeName } from './options/codes.js';
import { destination, makeReply } from './reply.js';
import { BOOT_SERVER_PORT, CLIENT_PORT, type Endpoint, type Scene, type Verdict } from './verdict.js';

/**
 * Proxy mode: boot information beside another server's addresses (PXE 2.1 section 2.2; RFC 4578 for the options). Only network-boot
 * clients are answered; on port 67 only their DISCOVER.
 */
export function decideProxy(scene: Scene): Verdict {
  if (scene.context.port === BOOT_SERVER_PORT) return bootServer(scene);
  switch (scene.client.messageType) {
    case MessageType.DISCOVER:
      return discover(scene);
    case MessageType.REQUEST:
      return request(scene);
    default:
      return ignored('ignored', [`${messageTypeName(scene.client.messageType)} is for the DHCP server`]);
  }
}

function discover(scene: Scene): Verdict {
  const reasons = strangerReasons(scene);
  if (reasons.length > 0) return ignored('discover', reasons);
  return answer(scene, 'discover', 'proxy-offer', MessageType.OFFER, 0, destination(scene));
}

/** Meant for the real server, and broadcast: it tells which address the machine takes. Never acknowledged here. */
function request({ packet, client, context }: Scene): Verdict {
  if (client.serverId !== undefined && context.link.addresses.includes(client.serverId)) {
    return ignored('request', ['it names us as DHCP server, but a proxy leases no addresses']);
  }
  const address = client.requested ?? packet.ciaddr;
  if (address === 0) return ignored('request', ['it names no address, neither in option 50 nor in ciaddr']);
  return {
    event: 'address-taken',
    outcome: 'ignored',
    who: { ip: toText(address) },
    reasons: ['the DHCP server answers it'],
    facts: {
      address: toText(address),
      ...(client.serverId === undefined ? {} : { server: toText(client.serverId) }),
    },
  };
}

/** Port 4011: a ROM that asks the boot server directly, after it has its address. */
function bootServer(scene: Scene): Verdict {
  const { packet, client, context } = scene;
  const reasons = strangerReasons(scene);
  if (client.messageType !== MessageType.REQUEST && client.messageType !== MessageType.INFORM) {
    reasons.push(`${messageTypeName(client.messageType)} is no boot-server request`);
  }
  if (client.serverId !== undefined && !context.link.addresses.includes(client.serverId)) {
    reasons.push(`it is meant for ${toText(client.serverId)}`);
  }
  const address = context.from.address !== 0 ? context.from.address : packet.ciaddr;
  if (address === 0) reasons.push('it has no address to answer to');
  if (reasons.length > 0) return ignored('request', reasons);
  const port = context.from.port === 0 ? CLIENT_PORT : context.from.port;
  return answer(scene, 'request', 'proxy-ack', MessageType.ACK, packet.ciaddr, { address, port });
}

function strangerReasons({ client }: Scene): string[] {
  if (client.isBooting) return [];
  const vendor =
    client.vendorClass === undefined
      ? 'no vendor class'
      : `vendor class ${JSON.stringify(client.vendorClass)}`;
  return [
    `not a network-boot client: ${vendor} in option 60, neither PXEClient nor HTTPClient`,
    'no user class iPXE in option 77, no option 175',
  ];
}

function answer(
  scene: Scene,
  asked: string,
  event: string,
  type: number,
  ciaddr: number,
  to: Endpoint,
): Verdict {
  const boot = bootAnswer(scene);
  const { choice } = boot;
  if (choice.kind === 'none') {
    return { ...ignored(asked, [choice.reason]), who: { arch: choice.architecture.name } };
  }
  const reply = makeReply(scene, {
    type,
    ciaddr,
    siaddr: boot.siaddr,
    sname: boot.sname,
    file: boot.file,
    options: [scene.given.options, boot.options],
  });
  return {
    event,
    outcome: 'answered',
    who: { arch: choice.architecture.name },
    reasons: reply.reasons,
    facts: {
      file: choice.kind === 'url' ? choice.url : choice.file,
      server: scene.context.link.addressText,
    },
    reply: { packet: reply.packet, maxLength: scene.client.maxLength, to },
  };
}

function ignored(event: string, reasons: readonly string[], facts: Verdict['facts'] = {}): Verdict {
  return { event, outcome: 'ignored', who: {}, reasons, facts };
}

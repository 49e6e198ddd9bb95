import { toText } from '#settings/ipv4.js';
import { MessageType, messageTypeName, Option } from './options/codes.js';
import { readUserClasses } from './options/user-class.js';
import { readAddress, readFirstArchitecture, readText, readUint8 } from './options/values.js';
import { BOOT_REPLY, macText, type Packet } from './packet.js';

/**
 * One line for a person who looks at a log: type, machine, transaction, then only what is set. The wording is a tested product:
 * `DISCOVER 52:54:00:12:34:56 xid 1a2b3c4d class "PXEClient:Arch:00007:UNDI:003000" arch 7 options 53 55 57 60 93 94 97`.
 */
export function summary(packet: Packet): string {
  const { options } = packet;
  const type = readUint8(options.get(Option.MESSAGE_TYPE));
  const words = [
    messageTypeName(type),
    packet.hlen === 0 ? 'without hardware address' : macText(packet.chaddr.subarray(0, packet.hlen)),
    `xid ${packet.xid.toString(16).padStart(8, '0')}`,
  ];
  if ((packet.op === BOOT_REPLY) !== isReplyType(type)) words.push(`op ${packet.op}`);
  const say = (name: string, address: number | undefined) => {
    if (address !== undefined && address !== 0) words.push(`${name} ${toText(address)}`);
  };
  say('ciaddr', packet.ciaddr);
  say('yiaddr', packet.yiaddr);
  say('siaddr', packet.siaddr);
  say('giaddr', packet.giaddr);
  say('asks for', readAddress(options.get(Option.REQUESTED_ADDRESS)));
  say('server', readAddress(options.get(Option.SERVER_ID)));
  const quote = (name: string, value: string | undefined) => {
    if (value !== undefined) words.push(`${name} ${JSON.stringify(value)}`);
  };
  quote('file', readText(packet.file) ?? readText(options.get(Option.BOOT_FILE)));
  quote('class', readText(options.get(Option.VENDOR_CLASS)));
  for (const userClass of readUserClasses(options.get(Option.USER_CLASS))) quote('user class', userClass);
  const arch = readFirstArchitecture(options.get(Option.CLIENT_ARCH));
  if (arch !== undefined) words.push(`arch ${arch}`);
  quote('says', readText(options.get(Option.MESSAGE)));
  if (options.size > 0) words.push(`options ${[...options.keys()].sort((a, b) => a - b).join(' ')}`);
  return words.join(' ');
}

function isReplyType(type: number | undefined): boolean {
  return type === MessageType.OFFER || type === MessageType.ACK || type === MessageType.NAK;
}

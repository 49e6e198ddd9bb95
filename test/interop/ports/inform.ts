/**
 * A machine with an address of its own that asks for the rest by broadcast (INFORM, RFC 2131 section 3.4), as Windows does: `node inform.js
 * MAC ADDRESS`, on eth0. No client in Debian does it. Exits with 0 when it is answered.
 */
import { createSocket } from 'node:dgram';
import { openDeviceSocket } from '#native/udp-socket.js';
import { Option } from '#services/dhcp/options/codes.js';
import { decode, encode } from '#services/dhcp/packet.js';
import { clientMessage, SYSTEM } from '../dhcp/messages.js';

const INFORM = 8;
const ACK = 5;
const [mac = '', address = ''] = process.argv.slice(2);
const request = clientMessage(INFORM, mac, SYSTEM, { ciaddr: address });
const socket = createSocket('udp4');
socket.on('message', (bytes) => {
  const decoded = decode(bytes);
  const isAnswer = decoded.ok && decoded.packet.xid === request.xid;
  if (isAnswer && decoded.packet.options.get(Option.MESSAGE_TYPE)?.[0] === ACK) socket.close();
});
socket.bind({ fd: openDeviceSocket({ device: 'eth0', port: 68 }) }, () => {
  socket.send(encode(request), 67, '255.255.255.255');
});

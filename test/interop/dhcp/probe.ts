/**
 * A DHCP client of bytes: `node probe.js INTERFACE PORT`. Each line `HEX ADDRESS PORT` on standard input is sent; what comes in is
 * printed as `HEX ADDRESS PORT`.
 */
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { openDeviceSocket } from '#native/udp-socket.js';

const [device = 'eth0', port = '68'] = process.argv.slice(2);
const socket = createSocket('udp4');
socket.on('message', (message, from) => {
  process.stdout.write(`${message.toString('hex')} ${from.address} ${from.port}\n`);
});
socket.bind({ fd: openDeviceSocket({ device, port: Number(port) }) }, () => process.stdout.write('ready\n'));
createInterface({ input: process.stdin }).on('line', (line) => {
  const [hex = '', address = '255.255.255.255', to = '67'] = line.split(' ');
  socket.send(Buffer.from(hex, 'hex'), Number(to), address);
});

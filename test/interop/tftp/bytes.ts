/**
 * A client of bytes: each line `HEX FROM-PORT TO-PORT` on standard input is sent to the address of the first argument; what comes back is
 * printed as `HEX PORT`, the local port it came to. Prints `ready` first.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createInterface } from 'node:readline';

const [, , server = ''] = process.argv;
const sockets = new Map<string, Socket>();

function socketOf(port: string): Socket {
  let socket = sockets.get(port);
  if (!socket) {
    socket = createSocket({ type: 'udp4', lookup: (name, _options, done) => done(null, name, 4) });
    socket.on('message', (bytes) => process.stdout.write(`${bytes.toString('hex')} ${port}\n`));
    socket.bind(Number(port));
    sockets.set(port, socket);
  }
  return socket;
}

process.stdout.write('ready\n');
createInterface({ input: process.stdin }).on('line', (line) => {
  const [hex = '', from = '0', to = '69'] = line.split(' ');
  socketOf(from).send(Buffer.from(hex, 'hex'), Number(to), server);
});

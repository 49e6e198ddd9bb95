import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { portHolder } from '#daemon/port-holder.js';

describe('port holder', () => {
  it('names the program that holds a UDP port', async () => {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    const { port } = socket.address();
    expect(await portHolder(port, 'udp')).toMatch(new RegExp(`^.+ \\(pid ${process.pid}\\)$`));
    expect(await portHolder(port, 'tcp')).toBeUndefined();
    socket.close();
  });

  it('names the program that listens on a TCP port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await portHolder(port, 'tcp')).toContain(`(pid ${process.pid})`);
    server.close();
  });
});

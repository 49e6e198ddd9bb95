import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { encode } from '#services/dhcp/packet.js';
import { Probe, RunningDhcp, serverSettings } from './fogd.js';
import { BIOS, clientMessage, SYSTEM } from './messages.js';
import { Segment } from './segment.js';

/** Evidence for the decision to have an own DHCP (docs/adr): what the npm package `dhcp` does with what every PC sends. */

const PACKAGE = createRequire(join(import.meta.dirname, 'x.js')).resolve('dhcp');

const SERVER = `
const dhcp = require(${JSON.stringify(PACKAGE)});
const server = dhcp.createServer({
  range: ['10.77.0.50', '10.77.0.60'], netmask: '255.255.255.0', router: ['10.77.0.1'], dns: ['10.77.0.1'],
  server: '10.77.0.1', broadcast: '10.77.0.255', hostname: 'x', domainName: 'lab.example', bootFile: () => 'undionly.kpxe',
});
server.on('error', (error) => console.log('error event', String(error)));
server.on('listening', () => console.log('listening'));
server.listen();
`;

const CLIENT = `
const dhcp = require(${JSON.stringify(PACKAGE)});
const client = dhcp.createClient({ mac: '52:54:00:77:00:31', features: ['hostname'] });
client.on('listening', () => { client.sendDiscover(); });
client.on('message', (message) => {
  // The package fills in its own address only after it has sent the REQUEST that must name it.
  if (process.argv[2] === 'helped') client._state.address = message.yiaddr;
});
client.on('bound', (state) => { console.log('bound', state.address); process.exit(0); });
client.on('error', (error) => console.log('error event', String(error)));
client.listen();
`;

let segment: Segment;

beforeAll(async () => {
  segment = await Segment.create();
  await segment.addHost('srv', { eth0: { address: '10.77.0.1/24' } });
  await segment.addHost('pc', { eth0: { mac: '52:54:00:77:00:31', address: '10.77.0.9/24' } });
  await segment.ip('srv', 'route add default dev eth0');
  await segment.ip('pc', 'route add default dev eth0');
  writeFileSync(segment.file('server.cjs'), SERVER);
  writeFileSync(segment.file('client.cjs'), CLIENT);
});

afterEach(() => segment.stopAll());
afterAll(() => segment.close());

test('as a server: serves a plain DISCOVER; an ordinary PXE DISCOVER ends its process', async () => {
  const server = segment.start('srv', [process.execPath, segment.file('server.cjs')]);
  await server.waitFor('listening');
  const probe = await Probe.start(segment, 'pc');
  const plain = await probe.ask(clientMessage(1, '52:54:00:77:00:41', SYSTEM), '10.77.0.1');
  expect(plain.options.get(53)).toEqual(Buffer.of(2));
  expect(server.isOver).toBe(false);

  probe.send(encode(clientMessage(1, '52:54:00:77:00:42', BIOS)));
  const { code, output } = await server.ended;
  expect(code).not.toBe(0);
  expect(output).toContain('Error: Invalid option');
  // The same packet to fogd.
  await RunningDhcp.start(segment, 'srv', { dhcp: serverSettings() });
  const offer = await probe.ask(clientMessage(1, '52:54:00:77:00:42', BIOS), '10.77.0.1');
  expect(offer.options.get(53)).toEqual(Buffer.of(2));
});

test('as a client: asks without server and address, which fogd ignores; told the address, it gets its lease', async () => {
  const fogd = await RunningDhcp.start(segment, 'srv', { dhcp: serverSettings() });
  const client = [process.execPath, segment.file('client.cjs')];
  const alone = segment.start('pc', client);
  const request = await fogd.record('request', ({ event }) => event === 'request');
  expect(request.reasons).toEqual(['it names no address, neither in option 50 nor in ciaddr']);
  await alone.stop();
  const { output } = await segment.run('pc', [...client, 'helped']);
  expect(output).toMatch(/bound 10\.77\.0\.1\d\d/);
});

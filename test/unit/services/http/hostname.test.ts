import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { createTask } from '#actions/manage-tasks.js';
import { writeSmallImage } from './small-image.js';
import { shellBase64 as b64, MAC, makeWorld, type World } from './world.js';

/** With server.hostname, every URL that a machine is given has the name, and what is mounted has the address. */

const NAME = 'fog.school.example:8080';

let world: World;
beforeEach(async () => {
  world = await makeWorld(
    '[images]\nreserve_mib = 0\n[server]\nhostname = "fog.school.example"\naddress = "10.9.0.1"\n[http]\nport = 8080\n',
  );
  await addHost(world.context, 'pc', [MAC], 'test');
  await addImage(world.context, { name: 'base', format: 3, osId: 9 }, 'test');
  writeSmallImage(join(world.images, 'base'));
});
afterEach(() => world.close());

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const post = async (url: string, body: string) =>
  (await world.app.inject({ method: 'POST', url, headers: FORM, body })).body;
const deploy = () => createTask(world.context, { host: 'pc', type: 'deploy', image: 'base' }, 'test');

/** Everything in a text that looks like a URL's origin. */
const origins = (text: string) => [
  ...new Set([...text.matchAll(/https?:\/\/[^/\s'"]+/g)].map(([origin]) => origin)),
];

describe('server.hostname', () => {
  it.each([
    ['the menu for iPXE with parameters', () => post('/fog/service/ipxe/boot.php', `mac0=${MAC}`)],
    [
      'the menu for iPXE without',
      async () => (await world.app.inject(`/fog/service/ipxe/boot.php?mac0=${MAC}`)).body,
    ],
    ['the first script', async () => (await world.app.inject('/fog/service/ipxe/default.ipxe')).body],
    ['the advanced menu', () => post('/fog/service/ipxe/advanced.php', '')],
  ])('is in %s', async (_, fetch) => {
    const text = (await fetch()).replace('set boot-url http://${fog-ip}/${fog-webroot}', '');
    expect(origins(text)).toEqual([`http://${NAME}`]);
    expect(text).not.toMatch(/10\.9\.0\.1|10\.0\.0\.1(?!\n|:\/| )/);
  });

  it('is what iPXE makes URLs from', async () => {
    const script = await post('/fog/service/ipxe/boot.php', `mac0=${MAC}`);
    expect(script.split('\n').slice(1, 5)).toEqual([
      `set fog-ip ${NAME}`,
      'set fog-webroot fog',
      'set boot-url http://${fog-ip}/${fog-webroot}',
      'set storage-ip 10.0.0.1',
    ]);
  });

  it('is in web= of a task, and the address in storage= and storageip=', async () => {
    await deploy();
    const machine = await world.boot();
    expect(machine.word('web')).toMatch(/^http:\/\/fog\.school\.example:8080\/fog\/t\/[0-9a-f]{32}\/$/);
    expect(machine.word('storage')).toMatch(/^10\.0\.0\.1:\/t\/\d+\/$/);
    expect(machine.word('storageip')).toBe('10.0.0.1');
  });

  it('is in what FOS on a USB stick is told', async () => {
    await deploy();
    const token = await post('/fog/status/hostgetkey.php', `mac=${b64(MAC)}`);
    const shell = await post('/fog/service/hostinfo.php', `mac=${MAC}&hosttoken=${token}`);
    expect(shell).toContain(`export web='http://${NAME}/fog/t/${token}/'`);
    expect(shell).toMatch(/export storage='10\.0\.0\.1:\/t\/\d+\/'/);
  });

  it('is on the first page of people', async () => {
    expect(origins((await world.app.inject('/')).body)).toEqual([`http://${NAME}`]);
  });
});

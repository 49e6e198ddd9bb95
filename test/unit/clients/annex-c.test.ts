import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { describeClient, resetClient } from '#actions/manage-clients.js';
import { addHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { createTask } from '#actions/manage-tasks.js';
import { readCertificate } from '#pki/pair.js';
import { writeSmallImage } from '../services/http/small-image.js';
import type { World } from '../services/http/world.js';
import { installClient, knownClient, makeClientWorld, PC_MAC, transportOf } from './client-world.js';
import { fillHost } from './filled-host.js';
import { moduleProblems } from './strict-json.js';

/**
 * The server checklist of spec client-protocol, Annex C: each item is quoted, and shown by a short walk through it. Snapins
 * have tests of their own.
 */

let world: World;
afterEach(() => world.close());

const get = (path: string) => transportOf(world)('GET', path);
const INFO = '/management/index.php?sub=requestClientInfo';

describe('1. "Serve 4.1, 4.2 as static bytes under the web root."', () => {
  it('the authority as DER, and the certificate that it issued for clients', async () => {
    world = await makeClientWorld();
    const [authority, leaf] = [
      readCertificate((await get('/management/other/ca.cert.der')).bytes),
      readCertificate((await get('/management/other/ssl/srvpublic.crt')).bytes),
    ];
    expect(authority.subject).toBe('CN=FOG Server CA');
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.publicKey.asymmetricKeyType).toBe('rsa');
  });
});

describe('2. "`authorize` with 2.3."', () => {
  it('gives a session and a token to a host, and FOG’s code to all others, always with status 200', async () => {
    world = await makeClientWorld();
    const stranger = await installClient(world, { macs: '00:11:22:33:44:66', hostname: 'OTHER' });
    expect(await stranger.handshake()).toBe(false);
    const client = await knownClient(world);
    expect(client.token).toHaveLength(64);
    await client.cycle();
    client.token = Buffer.alloc(64, 1);
    expect(await client.handshake()).toBe(false);
    expect([...stranger.log, ...client.log]).toEqual(['handshake: ih', 'handshake: ist']);
  });
});

describe('3. "`configure`."', () => {
  it('is plain JSON, without a MAC', async () => {
    world = await makeClientWorld(
      '[client]\ncheckin_seconds = 120\nprompt_seconds = 90\ncompany = "Example School"\ncolor = "00567a"\n',
    );
    const { body } = await get(`${INFO}&configure&newService&json`);
    const { sleep, ...rest } = JSON.parse(body) as Record<string, unknown>;
    expect(sleep).toBeGreaterThanOrEqual(121);
    expect(sleep).toBeLessThanOrEqual(211);
    expect(rest).toEqual({
      maxsize: '204800000',
      promptTime: '90',
      force: false,
      bannerURL: '',
      bannerHash: '',
      color: '#00567a',
      company: 'Example School',
    });
  });
});

describe('4. "Main poll: session check → `#!ihc`; build JSON with strict types; encrypt."', () => {
  it('bare without a session, plain JSON to strangers, sealed to who made a handshake', async () => {
    world = await makeClientWorld();
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    const poll = `${INFO}&mac=${PC_MAC}&newService&json`;
    expect((await get(poll)).body).toBe('#!ihc');
    expect((await get(`${INFO}&mac=00:11:22:33:44:66`)).body).toBe('{"error":"ih"}');
    expect((await get(`${INFO}&mac=`)).body).toBe('{"error":"im"}');
    const client = await installClient(world);
    await client.handshake();
    expect((await get(poll)).body).toMatch(/^#!enkey=[0-9a-f]{32}\|(?:[0-9a-f]{32})+$/);
    await client.cycle();
    expect(client.log).toEqual([]);
    expect(moduleProblems(client.told ?? {})).toEqual([]);
    expect(describeClient(world.context, 'PC')).toMatchObject({ versionLine: '0.11.6 or newer' });
  });
});

describe('5. "`getversion.php` ×2."', () => {
  it('answers digits and dots, whatever else is asked', async () => {
    world = await makeClientWorld();
    expect((await get('/service/getversion.php?clientver&newService&json')).body).toBe('0.0.0');
    const plain = await get('/service/getversion.php?newService&json&url=http://127.0.0.1/');
    expect([plain.status, plain.body]).toEqual([200, expect.stringMatching(/^\d+\.\d+\.\d+/)]);
  });
});

describe('6. "`register.php`."', () => {
  it('makes a host that waits for approval', async () => {
    world = await makeClientWorld();
    const { body } = await get(`/service/register.php?hostname=NEW&mac=${PC_MAC}&newService&json`);
    expect(body).toBe('{"complete":true}');
    expect(world.context.hosts.byName('NEW')?.pending).toBe(true);
  });
});

describe('7. "`jobs.php`."', () => {
  it('says whether the task still waits, to who has a session', async () => {
    world = await makeClientWorld();
    const client = await knownClient(world);
    await createTask(world.context, { host: 'PC', type: 'inventory' }, 'test');
    await client.cycle();
    expect(client.told?.taskreboot).toEqual({ job: true });
    expect(client.job).toBe('{"job":"ok"}');
  });

  it.each(['snapins', 'wake', 'memtest'] as const)('is not asked for a task of the type %s', async (type) => {
    world = await makeClientWorld();
    const client = await knownClient(world);
    await world.context.store.commit(() => {
      const typeId = { snapins: 12, wake: 14, memtest: 4 }[type];
      const transition = { state: 1, at: 0, actor: 'test', reason: 'created' } as const;
      world.context.tasks.add({ typeId, hostId: 1 }, transition);
    });
    await client.cycle();
    expect(client.told?.taskreboot).toEqual({ job: false });
  });
});

describe('9. "User tracking."', () => {
  it('keeps who logged in, by name alone, and answers something', async () => {
    world = await makeClientWorld();
    await knownClient(world);
    const path = '/service/usertracking.report.php?action=login&user=PC%5CBob';
    expect((await get(`${path}&mac=${PC_MAC}&newService&json`)).body).toBe('{}');
    expect(world.context.logins.page({}).items).toMatchObject([{ host: 'PC', user: 'bob', action: 'login' }]);
  });
});

describe('10. "Reset-encryption action and automatic reset after deploy."', () => {
  it('lets in whoever comes first, once', async () => {
    world = await makeClientWorld();
    const client = await knownClient(world);
    await client.cycle();
    await resetClient(world.context, 'PC', 'ada');
    expect(describeClient(world.context, 'PC')).toMatchObject({ trust: 'unknown', sessionUntil: null });
    client.token = undefined;
    expect(await client.handshake()).toBe(true);
  });
});

describe('10. "… and automatic reset after deploy."', () => {
  it('a deploy lets in the system that it wrote, whatever token that has', async () => {
    world = await makeClientWorld('[images]\nreserve_mib = 0\n');
    const { context } = world;
    const client = await knownClient(world);
    await client.cycle();
    const image = await addImage(context, { name: 'base', format: 3, osId: 9 }, 'test');
    writeSmallImage(join(world.images, 'base'));
    await context.store.commit(() => context.images.captured(image.id, 1, 1, 1));
    await createTask(context, { host: 'PC', type: 'deploy', image: 'base' }, 'test');
    const machine = await world.boot(PC_MAC);
    await machine.head();
    await machine.fos('Pre_Stage1.php', `mac=${PC_MAC}&type=down`);
    expect(describeClient(context, 'PC').trust).toBe('new');
    expect(await machine.fos('Post_Stage3.php', `mac=${PC_MAC}&type=down`)).toBe('##');
    expect(describeClient(context, 'PC')).toMatchObject({ trust: 'unknown', sessionUntil: null });
    // The image brought the token of the machine that it was made from.
    client.token = Buffer.alloc(64, 3);
    expect(await client.handshake()).toBe(true);
  });
});

describe('11. "Token grace."', () => {
  it('the token before is good until the new one was seen', async () => {
    world = await makeClientWorld();
    const client = await knownClient(world);
    const before = client.token;
    await client.handshake();
    const lost = client.token;
    client.token = before;
    expect(await client.handshake()).toBe(true);
    expect(client.token).toEqual(lost);
    await client.handshake();
    client.token = before;
    expect(await client.handshake()).toBe(false);
  });
});

describe('12. "302 only."', () => {
  it('leads the handshake to HTTPS where the admin wants it, and nothing else', async () => {
    world = await makeClientWorld('[client]\nmove_to_https = true\n');
    const led = await transportOf(world)('POST', `${INFO}&authorize&newService`, `mac=${PC_MAC}`);
    expect(led).toMatchObject({
      status: 302,
      location: `https://10.0.0.1/fog${INFO}&authorize&newService`,
    });
    expect(world.decisions.map(({ event }) => event)).toEqual(['client-moved']);
    expect((await get(`${INFO}&configure`)).status).toBe(200);
    expect((await get(`${INFO}&mac=${PC_MAC}`)).status).toBe(200);
  });

  it.each([
    ['fog.school.example', 'fog.school.example'],
    ['fog.school.example:8080', 'fog.school.example'],
    ['[fd00::1]', '[fd00::1]'],
    ['"><script>', '10.0.0.1'],
  ])(
    'bug: a client that came to %s was led to an address that its certificate may not name',
    async (host, to) => {
      world = await makeClientWorld('[client]\nmove_to_https = true\n');
      const led = await transportOf(world, undefined, host)('POST', `${INFO}&authorize`, `mac=${PC_MAC}`);
      expect(led.location).toBe(`https://${to}/fog${INFO}&authorize`);
    },
  );

  it('nothing is led anywhere by default', async () => {
    world = await makeClientWorld('[http]\nredirect = true\n');
    const answer = await transportOf(world)('POST', `${INFO}&authorize&newService`, `mac=${PC_MAC}`);
    expect(answer).toMatchObject({ status: 200, body: '{"error":"ih"}' });
  });
});

describe('13. "No compression, no cookies, no user-agent checks on these paths."', () => {
  it('the answer has its bytes and nothing that a client could stumble over', async () => {
    world = await makeClientWorld();
    const answer = await world.app.inject({
      url: `/fog${INFO}&configure`,
      headers: { 'accept-encoding': 'gzip, br', 'user-agent': '' },
    });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers['content-length']).toBe(String(answer.rawPayload.length));
    expect(answer.body).not.toMatch(/\s$/);
  });
});

describe('14. "a simulator that mimics 3.1 (raw `mac`, `Expect`, no user agent)"', () => {
  it('is answered over a real socket, after "100 Continue"', async () => {
    world = await makeClientWorld();
    await addHost(world.context, 'PC', [PC_MAC], 'test');
    await world.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = world.app.server.address() as AddressInfo;
    let continued = 0;
    const transport = (method: 'GET' | 'POST', path: string, body?: string) =>
      new Promise<{ status: number; body: string; bytes: Buffer }>((resolve, reject) => {
        const headers = {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': Buffer.byteLength(body ?? ''),
          expect: '100-continue',
        };
        const call = httpRequest(
          {
            port,
            host: '127.0.0.1',
            method,
            path: `/fog${path}`,
            ...(body === undefined ? {} : { headers }),
          },
          (answer) => {
            const parts: Buffer[] = [];
            answer.on('data', (part: Buffer) => parts.push(part));
            answer.on('end', () => {
              const bytes = Buffer.concat(parts);
              resolve({ status: answer.statusCode ?? 0, body: bytes.toString('utf8'), bytes });
            });
          },
        );
        call.on('error', reject);
        if (body === undefined) call.end();
        else {
          call.flushHeaders();
          call.on('continue', () => {
            continued++;
            call.end(body);
          });
        }
      });
    const client = await installClient(world, {
      transport,
      macs: `||${PC_MAC.toUpperCase()}|00:00:00:00:00:00:00:E0`,
    });
    expect(await client.handshake()).toBe(true);
    await client.cycle();
    expect(client.log).toEqual([]);
    expect(continued).toBe(1);
  });

  it('a body that is announced as larger than any is answered by the protocol, before it comes', async () => {
    world = await makeClientWorld();
    await world.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = world.app.server.address() as AddressInfo;
    const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': 4_294_967_296,
      };
      const path = `/fog${INFO}&authorize&newService`;
      const call = httpRequest({ port, host: '127.0.0.1', method: 'POST', path, headers }, (response) => {
        let body = '';
        response.on('data', (part: Buffer) => (body += part.toString('utf8')));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body });
          call.destroy();
        });
      });
      call.on('error', reject);
      call.write('sym_key=00');
    });
    expect(answer).toEqual({ status: 200, body: '{"error":"er"}' });
  });
});

describe('14. "… and strict-type checks of 3.5."', () => {
  it('a client for which every module has something to do takes all of it', async () => {
    world = await makeClientWorld('[client]\ndisplaymanager = true\nautologout_minutes = 10\n');
    await fillHost(world.context);
    const client = await installClient(world);
    expect(await client.handshake()).toBe(true);
    await client.cycle();
    expect(client.log).toEqual([]);
    expect(client.told).toMatchObject({
      autologout: { time: 1_800 },
      displaymanager: { x: 1_920 },
      hostnamechanger: { AD: true, ADPass: 'of the joiner' },
      powermanagement: { onDemand: 'restart' },
      printermanager: { default: 'laser' },
      taskreboot: { job: false },
      usertracker: { '': '' },
    });
  });
});

import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '#daemon/log.js';
import { portHolder } from '#daemon/port-holder.js';
import { Supervisor } from '#daemon/supervisor.js';
import { makeAuthority } from '#pki/certificate.js';
import { CertificateFiles } from '#pki/certificate-files.js';
import { Pki } from '#pki/pki.js';
import type { CertificateSource } from '#pki/source.js';
import type { ServerAt } from '#services/http/address.js';
import { authorityRoutes } from '#services/http/client/authority-routes.js';
import { HttpListener } from '#services/http/listener.js';
import { peopleRoutes, redirectToHttps } from '#services/http/people/routes.js';
import { checkTlsPair } from '#services/http/tls.js';
import { testKey } from '../../pki/keys.js';
import { LookingClock } from '../../pki/looking-clock.js';
import { MAC, makeWorld } from './world.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Logger;
const NAMES = ['fog.school.example', '127.0.0.1'];

let folder: string;
let clock: LookingClock;
let pki: Pki;
let refused: Array<[string, string]>;
const listeners: HttpListener[] = [];

beforeAll(async () => {
  // All tests share what is made here; those that change it make their own.
  folder = mkdtempSync(join(tmpdir(), 'fogd-https-'));
  clock = new LookingClock(Date.now());
  const keys = ['authority', 'tls', 'communication'];
  pki = new Pki({
    folder: join(folder, 'pki'),
    names: () => NAMES,
    makeKey: () => testKey(keys.shift() ?? 'another'),
    clock,
    log: silent,
  });
  await pki.start((error) => {
    throw error;
  });
  await vi.waitFor(() => expect(pki.health().state).toBe('ok'), { interval: 5, timeout: 60_000 });
  writeFileSync(join(folder, 'ca.pem'), pki.pem('authority') ?? '');
});
afterAll(async () => {
  await pki.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  refused = [];
});
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
});

/** The answer to `/slow`, and who is told that it was asked for. */
let held: Promise<string> = Promise.resolve('');
let asked: (() => void) | undefined;

const fail = (error: Error) => {
  throw error;
};
const routes = async (app: FastifyInstance) => {
  await app.register(authorityRoutes, { prefix: '/fog/management/other', pki });
  app.get('/scheme', (request) => request.protocol);
  app.get('/slow', () => {
    asked?.();
    return held;
  });
};
async function listen(certificate: CertificateSource = pki, build = routes): Promise<HttpListener> {
  const listener = new HttpListener(
    'https',
    {
      kind: 'tcp',
      host: '127.0.0.1',
      port: 0,
      tls: { certificate, refused: (...one) => refused.push(one) },
    },
    build,
    portHolder,
  );
  listeners.push(listener);
  await listener.start(fail);
  return listener;
}
async function listenPlain(build: (app: FastifyInstance) => Promise<void>): Promise<HttpListener> {
  const listen = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const;
  const listener = new HttpListener('http', listen, build, portHolder);
  listeners.push(listener);
  await listener.start(fail);
  return listener;
}

/** What a program says on standard output and error, and its exit code. */
function run(program: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { cwd: folder, timeout: 120_000 }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? 255) : 0, out, err }),
    );
    child.stdin?.end();
  });
}
const curl = (...args: string[]) => run('curl', '-sS', '--cacert', 'ca.pem', ...args);
const sClient = (port: number | undefined, ...args: string[]) =>
  run('openssl', 's_client', '-connect', `127.0.0.1:${port}`, '-CAfile', 'ca.pem', ...args);
const fingerprint = (port: number | undefined) =>
  new Promise<string>((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    });
    socket.once('error', reject);
  });

describe('HTTPS', () => {
  it('is trusted by who trusts the authority, by name and by address', async () => {
    const { port } = await listen();
    expect(await curl(`https://127.0.0.1:${port}/scheme`)).toMatchObject({ out: 'https', code: 0 });
    const resolve = [
      '--resolve',
      `fog.school.example:${port}:127.0.0.1`,
      '--resolve',
      `other:${port}:127.0.0.1`,
    ];
    expect((await curl(...resolve, `https://fog.school.example:${port}/scheme`)).out).toBe('https');
    const other = await curl(...resolve, `https://other:${port}/scheme`);
    expect(other.err).toContain("no alternative certificate subject name matches target host name 'other'");
  });

  it('names the certificate in the status', async () => {
    const listener = await listen();
    const year = new Date(clock.now() + 365 * 86_400_000).toISOString().slice(0, 10);
    expect(listener.health()).toEqual({
      state: 'ok',
      detail: `listening on port 0/tcp, own certificate until ${year}`,
    });
  });

  it.each<[string, string[], RegExp]>([
    [
      'a present client',
      [],
      /New, TLSv1\.3, Cipher is TLS_AES_128_GCM_SHA256[\s\S]*Verify return code: 0 \(ok\)/,
    ],
    ['TLS 1.2', ['-tls1_2'], /Cipher is ECDHE-RSA-AES128-GCM-SHA256[\s\S]*Verify return code: 0 \(ok\)/],
    [
      'iPXE of 2019',
      ['-tls1_2', '-cipher', 'AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA'],
      /Cipher is AES128-SHA256/,
    ],
    [
      'Windows 7',
      ['-tls1_2', '-cipher', 'ECDHE-RSA-AES256-SHA:ECDHE-RSA-AES128-SHA'],
      /Cipher is ECDHE-RSA-AES128-SHA/,
    ],
  ])('is spoken with %s', async (_, args, expected) => {
    const { port } = await listen();
    expect((await sClient(port, ...args)).out).toMatch(expected);
  });

  it.each<[string, string[], string]>([
    ['TLS 1.1', ['-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0'], 'it knows no TLS 1.2'],
    ['triple DES', ['-tls1_2', '-cipher', 'DES-CBC3-SHA:@SECLEVEL=0'], ''],
    ['ciphers without secrecy', ['-tls1_2', '-cipher', 'eNULL:@SECLEVEL=0'], 'it knows no cipher of ours'],
  ])('is not spoken with %s', async (_, args, reason) => {
    const { port } = await listen();
    expect((await sClient(port, ...args)).out).not.toMatch(/Cipher is (?!\(NONE\))/);
    if (reason !== '') await expect.poll(() => refused).toEqual([['127.0.0.1', reason]]);
  });

  it.each(['1.2', '1.3'])('tells who does not trust the certificate, by TLS %s', async (version) => {
    const { port } = await listen();
    const { code } = await run('curl', '-sS', '--tls-max', version, `https://127.0.0.1:${port}/scheme`);
    expect(code).toBe(60);
    await expect.poll(() => refused).toEqual([['127.0.0.1', 'it does not trust the certificate']]);
  });

  it('survives what is no TLS, and tells it', async () => {
    const { port } = await listen();
    for (const text of ['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01\xff\xff', '\0'.repeat(500)]) {
      const socket = connectTcp(port ?? 0, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume().end(text);
      await once(socket, 'close');
    }
    await expect.poll(() => refused.length).toBeGreaterThanOrEqual(2);
    expect(refused[0]).toEqual(['127.0.0.1', 'it speaks HTTP on the port of HTTPS']);
    expect((await curl(`https://127.0.0.1:${port}/scheme`)).out).toBe('https');
  });

  it('is open before there is a certificate, and answers as soon as there is one', async () => {
    let use: Parameters<CertificateSource['follow']>[0] = () => undefined;
    const listener = await listen({
      follow: (one) => {
        use = one;
        return () => undefined;
      },
      certificateHealth: () => ({ state: 'degraded', detail: 'there is no certificate yet' }),
    });
    expect(listener.health()).toMatchObject({ state: 'degraded' });
    await expect(fingerprint(listener.port)).rejects.toThrow();
    pki.follow((pair) => use(pair))();
    expect(await fingerprint(listener.port)).toBe(pki.describe().tls?.fingerprint);
  });

  it('changes its certificate without dropping a connection, and goes on with it while the files are broken', async () => {
    const names = { certificate: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    const put = async (name: string) => {
      const key = await testKey(name);
      const certificate = await makeAuthority(key, clock.now());
      writeFileSync(names.certificate, certificate);
      writeFileSync(names.key, key, { mode: 0o600 });
      return new X509Certificate(certificate).fingerprint256;
    };
    const own = new LookingClock(clock.now());
    const options = { ...names, check: checkTlsPair, otherwise: pki, clock: own, log: silent };
    const first = await put('communication');
    const listener = await listen(new CertificateFiles(options));
    await vi.waitFor(async () => expect(await fingerprint(listener.port)).toBe(first), { timeout: 60_000 });
    let answer: (text: string) => void = () => undefined;
    held = new Promise((resolve) => {
      answer = resolve;
    });
    const began = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const slow = run('curl', '-sSk', `https://127.0.0.1:${listener.port}/slow`);
    await began;
    const kept = connectTls({ port: listener.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(kept, 'secureConnect');
    const second = await put('another');
    await own.look(5_000);
    expect(await fingerprint(listener.port)).toBe(second);
    kept.write('GET /scheme HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(String((await once(kept, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 [\s\S]*https$/);
    kept.destroy();
    answer('slow');
    expect(await slow).toMatchObject({ out: 'slow', code: 0 });
    writeFileSync(names.certificate, 'rubbish');
    await own.look(5_000);
    await own.look(5_000);
    expect(await fingerprint(listener.port)).toBe(second);
    expect(listener.health()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('goes on'),
    });
  });

  it('whose port is taken fails alone, with the name of the holder, and comes when the port is free', async () => {
    const holder: Server = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const http = await listenPlain(routes);
    const tls = { certificate: pki, refused: () => undefined };
    const https = new HttpListener(
      'https',
      { kind: 'tcp', host: '127.0.0.1', port, tls },
      routes,
      portHolder,
    );
    const own = new LookingClock();
    const supervisor = new Supervisor([https], own, silent);
    await supervisor.start();
    expect(supervisor.status()).toEqual([
      {
        name: 'https',
        state: 'failed',
        code: 'HTTP_PORT_TAKEN',
        detail: expect.stringMatching(new RegExp(`port ${port}/tcp is held by .+ \\(pid ${process.pid}\\)`)),
        remedy: 'stop it, or set https.port to another port',
      },
    ]);
    expect((await curl(`http://127.0.0.1:${http.port}/scheme`)).out).toBe('http');
    await new Promise((resolve) => holder.close(resolve));
    await own.advance(2_000);
    await expect.poll(() => supervisor.status()[0]?.state).toBe('running');
    await supervisor.stop();
  });
});

describe('the files of FOG Client', () => {
  it.each([
    ['ca.cert.der', () => new X509Certificate(pki.pem('authority') ?? '').raw.toString('latin1')],
    ['ca.cert.pem', () => pki.pem('authority')],
    ['ssl/srvpublic.crt', () => pki.pem('communication')],
  ])('%s is the same by HTTP and by HTTPS, without login, query or redirect', async (name, expected) => {
    const [http, https] = [await listenPlain(routes), await listen()];
    for (const origin of [`http://127.0.0.1:${http.port}`, `https://127.0.0.1:${https.port}`]) {
      const file = join(folder, 'got');
      const { out } = await curl('-o', file, '-w', '%{http_code}', `${origin}/fog/management/other/${name}`);
      expect(out).toBe('200');
      expect(readFileSync(file, 'latin1')).toBe(expected());
    }
  });

  it('are not there yet while the keys are being made: 503, never another body with 200', async () => {
    const world = await makeWorld();
    for (const name of ['ca.cert.der', 'ca.cert.pem', 'ssl/srvpublic.crt']) {
      const { statusCode, headers } = await world.app.inject(`/fog/management/other/${name}`);
      expect([statusCode, headers['retry-after']]).toEqual([503, '5']);
    }
    await world.close();
  });
});

describe('http.redirect', () => {
  const serverAt: ServerAt = (local, scheme) => ({ scheme, host: 'fog.school.example', ip: local });
  const app = (isReady: () => boolean) => async (instance: FastifyInstance) => {
    await instance.register(routes);
    await instance.register(async (people) => {
      redirectToHttps(people, serverAt, isReady);
      await people.register(peopleRoutes, { serverAt });
    });
  };
  const location = async (port: number | undefined, path: string) =>
    (
      await curl(
        '-o',
        '/dev/null',
        '-H',
        'Host: evil.example',
        '-w',
        '%{http_code} %{redirect_url}',
        `http://127.0.0.1:${port}${path}`,
      )
    ).out.trim();

  it('sends people to the name of the server, whatever they called it, and machines nowhere', async () => {
    const { port } = await listenPlain(app(() => true));
    expect(await location(port, '/?a=b')).toBe('307 https://fog.school.example/?a=b');
    expect(await location(port, '/fog/management/other/ca.cert.der')).toBe('200');
    expect(await location(port, '/nothing')).toBe('404');
    expect(await location(port, '//')).toBe('307 https://fog.school.example/');
  });

  it('sends nobody away from HTTPS, nor to an HTTPS that does not answer', async () => {
    const { port } = await listen(
      pki,
      app(() => true),
    );
    expect((await curl(`https://127.0.0.1:${port}/`)).out).toContain('This is fogd');
    const plain = await listenPlain(app(() => false));
    expect(await location(plain.port, '/')).toBe('200');
  });
});

it('no route of machines redirects, by whatever scheme and method', async () => {
  const world = await makeWorld('[http]\nredirect = true\n');
  for (const { method, url } of (await world.routes()).filter(({ url }) => url.startsWith('/fog/'))) {
    const path = url.replace(':token', '0'.repeat(32)).replace('*', 'bzImage').replace(':name', 'MOK.der');
    const answer = await world.app.inject({ method: method as 'GET', url: `${path}?mac0=${MAC}` });
    expect([url, Math.floor(answer.statusCode / 100)]).not.toEqual([url, 3]);
  }
  await world.close();
});

import { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '#daemon/log.js';
import type { FogdError } from '#errors.js';
import { issueLeaf, makeAuthority } from '#pki/certificate.js';
import type { ForeignPki } from '#pki/imported.js';
import type { KeyMaker } from '#pki/key-maker.js';
import type { Pair } from '#pki/pair.js';
import { Pki } from '#pki/pki.js';
import { settle } from '../virtual-clock.js';
import { keysInOrder, SHORT, testKey } from './keys.js';
import { LookingClock } from './looking-clock.js';

const DAY = 86_400_000;
const silent = { info: () => undefined, warn: () => undefined } as unknown as Logger;

let folder: string;
let clock: LookingClock;
let names: string[];
let failed: FogdError[];
let used: Pair[];
const running: Pki[] = [];

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'fogd-pki-')), 'pki');
  clock = new LookingClock();
  names = ['fog.example', '10.0.0.1'];
  failed = [];
  used = [];
});
afterEach(async () => {
  for (const pki of running.splice(0)) await pki.stop();
  rmSync(join(folder, '..'), { recursive: true });
});

function make(makeKey: KeyMaker = keysInOrder('authority', 'tls', 'communication')): Pki {
  const pki = new Pki({ folder, names: () => names, makeKey, clock, log: silent });
  running.push(pki);
  pki.follow((pair) => used.push(pair));
  return pki;
}

const start = (pki: Pki) => pki.start((error) => failed.push(error));
const soon = (check: () => void) => vi.waitFor(check, { interval: 2, timeout: 60_000 });
const isWhole = (pki: Pki) => soon(() => expect(pki.health().state).toBe('ok'));
async function started(makeKey?: KeyMaker): Promise<Pki> {
  const pki = make(makeKey);
  await start(pki);
  await isWhole(pki);
  return pki;
}
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const write = (name: string, text: string, mode = 0o600) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), text, { mode });
};
const tls = (pki: Pki) => pki.describe().tls;

describe('the first start', () => {
  it('makes the authority and both certificates under it, without holding up the start', async () => {
    const makeKey = keysInOrder('authority', 'tls', 'communication');
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const pki = make(async (bits, signal) => {
      await held;
      return makeKey(bits, signal);
    });
    await start(pki);
    expect(pki.health()).toEqual({ state: 'degraded', detail: 'the keys are being made' });
    expect(pki.describe()).toEqual({ authority: null, communication: null, tls: null, offline: false });
    release();
    await isWhole(pki);
    // HTTPS before what only clients need: a key of 4096 bits takes seconds.
    expect(makeKey.asked).toEqual([4096, 2048, 4096]);
    const authority = new X509Certificate(pki.pem('authority') ?? '');
    for (const holder of ['tls', 'communication'] as const) {
      const leaf = new X509Certificate(pki.pem(holder) ?? '');
      expect(leaf.checkIssued(authority) && leaf.verify(authority.publicKey)).toBe(true);
    }
    expect(used.map(({ certificate }) => certificate.trim())).toEqual([pki.pem('tls')?.trim()]);
  });

  it('leaves files that only their owner can read, and nothing half', async () => {
    await started();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).sort()).toEqual(['ca.pem', 'communication.pem', 'tls.pem']);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('waits for a clock that is right', async () => {
    clock = new LookingClock(0);
    await start(make());
    await soon(() => expect(failed.map(({ code }) => code)).toEqual(['PKI_CLOCK']));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says that no key could be made, and where the disk says no, that', async () => {
    await start(make(() => Promise.reject(new Error('no entropy'))));
    await soon(() => expect(failed[0]?.message).toContain('no entropy'));
    failed = [];
    const keys = keysInOrder('authority', 'tls', 'communication');
    const second = make(async (bits, signal) => {
      rmSync(folder, { recursive: true });
      return keys(bits, signal);
    });
    await start(second);
    await soon(() => expect(failed[0]).toMatchObject({ code: 'PKI_FOLDER' }));
  });

  it('is ended by a stop, and the next one goes on where it was', async () => {
    const keys = keysInOrder('authority', 'tls');
    const pki = make((bits, signal) =>
      keys.asked.length < 2
        ? keys(bits, signal)
        : new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
    );
    await start(pki);
    await soon(() => expect(tls(pki)).not.toBeNull());
    await pki.stop();
    expect(failed).toEqual([]);
    const before = [read('ca.pem'), read('tls.pem')];
    const rest = keysInOrder('communication');
    await started(rest);
    expect(rest.asked).toEqual([4096]);
    expect([read('ca.pem'), read('tls.pem')]).toEqual(before);
  });
});

describe('a later start', () => {
  it('uses what is there and makes nothing', async () => {
    await started();
    const before = readdirSync(folder).map(read);
    const none = keysInOrder();
    const pki = make(none);
    await start(pki);
    expect(pki.health()).toEqual({
      state: 'ok',
      detail: 'authority until 2046-01-01, HTTPS until 2027-01-01',
    });
    expect(none.asked).toEqual([]);
    expect(readdirSync(folder).map(read)).toEqual(before);
  });

  it('removes what a kill in the middle of writing left', async () => {
    await started();
    write('tls.pem.new', read('tls.pem').slice(0, 100));
    await started();
    expect(readdirSync(folder).sort()).toEqual(['ca.pem', 'communication.pem', 'tls.pem']);
  });

  it.each(['ca.pem', 'tls.pem', 'communication.pem'])('refuses %s when others can read it', async (name) => {
    await started();
    chmodSync(join(folder, name), 0o644);
    await expect(start(make())).rejects.toMatchObject({
      code: 'PKI_KEY_READABLE',
      message: `the private key ${join(folder, name)} can be read by others (mode 0644)`,
      remedy: expect.stringContaining('chmod 600'),
    });
    chmodSync(join(folder, name), 0o600);
    await started(keysInOrder());
  });

  it('never replaces an authority that is gone or damaged: every client would have to be installed anew', async () => {
    await started();
    const [before, whole] = [read('tls.pem'), read('ca.pem')];
    rmSync(join(folder, 'ca.pem'));
    await expect(start(make())).rejects.toMatchObject({ code: 'PKI_AUTHORITY_LOST' });
    write('ca.pem', whole.slice(0, 300));
    await expect(start(make())).rejects.toMatchObject({ code: 'PKI_FILE_DAMAGED' });
    const other = await makeAuthority(await testKey('other', SHORT), clock.now());
    write('ca.pem', `${other}\n${await testKey('authority', SHORT)}`);
    await expect(start(make())).rejects.toMatchObject({
      code: 'PKI_FILE_DAMAGED',
      message: expect.stringContaining('do not belong together'),
    });
    expect(read('tls.pem')).toBe(before);
    write('ca.pem', whole);
    await started(keysInOrder());
  });

  it('makes another certificate in place of a damaged one', async () => {
    await started();
    const authority = read('ca.pem');
    write('tls.pem', 'rubbish');
    await started(keysInOrder('tls'));
    expect(read('ca.pem')).toBe(authority);
    expect(read('tls.pem')).toContain('BEGIN CERTIFICATE');
  });

  it('issues anew at once what ended while fogd was off', async () => {
    await started();
    clock = new LookingClock(clock.now() + 400 * DAY);
    const pki = make(keysInOrder());
    await start(pki);
    expect(tls(pki)?.until).toBe(clock.now() + 365 * DAY);
  });
});

describe('while it runs', () => {
  it('HTTPS gets a new certificate before the old one ends, with the same key and authority', async () => {
    const pki = await started();
    const [authority, key] = [pki.pem('authority'), used[0]?.key];
    const { until = 0 } = tls(pki) ?? {};
    await clock.look(60_000);
    expect(used).toHaveLength(1);
    vi.spyOn(clock, 'now').mockReturnValue(until - 59 * DAY);
    await clock.look(60_000);
    vi.restoreAllMocks();
    expect(used).toHaveLength(2);
    expect(used[1]?.key.trim()).toBe(key?.trim());
    expect(tls(pki)?.until).toBe(until - 59 * DAY + 365 * DAY);
    expect(pki.pem('authority')).toBe(authority);
    expect(read('tls.pem')).toContain(pki.pem('tls')?.trim());
  });

  it('HTTPS gets another certificate within a minute when an address or the name changes', async () => {
    const pki = await started();
    names = ['fog.example', '10.0.0.1', '10.1.0.1'];
    await clock.look(60_000);
    expect(tls(pki)?.names).toEqual(names);
    names = ['boot.example', '10.0.0.1', '10.1.0.1'];
    await clock.look(60_000);
    expect(tls(pki)).toMatchObject({ subject: 'CN=boot.example', names });
    // Clients look at no name in theirs.
    expect(pki.describe().communication?.names).toEqual(['fog.example', '10.0.0.1']);
  });

  it('keeps its certificate when only the order of the addresses changes', async () => {
    names = ['fog.example', '10.0.0.1', '10.1.0.1'];
    const pki = await started();
    const before = tls(pki)?.fingerprint;
    names = ['fog.example', '10.1.0.1', '10.0.0.1'];
    await clock.look(60_000);
    expect(tls(pki)?.fingerprint).toBe(before);
  });

  it('looks no more when it was stopped in the middle of a look', async () => {
    const pki = await started();
    names = ['other.example'];
    const pauses = vi.spyOn(clock, 'after');
    const looked = clock.advance(60_000);
    const stopped = pki.stop();
    await Promise.all([looked, stopped]);
    await settle();
    expect(pauses).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  it('a folder that cannot be written fails the service, and the certificate stays in use', async () => {
    const pki = await started();
    const before = tls(pki)?.fingerprint;
    rmSync(folder, { recursive: true });
    names = ['fog.example', '10.9.0.1'];
    await clock.advance(60_000);
    await soon(() => expect(failed[0]).toMatchObject({ code: 'PKI_FOLDER' }));
    await pki.stop();
    expect(tls(pki)?.fingerprint).toBe(before);
  });

  it('warns a year before the authority ends', async () => {
    const pki = await started();
    vi.spyOn(clock, 'now').mockReturnValue((pki.describe().authority?.until ?? 0) - 300 * DAY);
    expect(pki.health()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('authority ends'),
    });
    vi.restoreAllMocks();
  });
});

describe('an import', () => {
  async function foreign(now = clock.now()): Promise<Required<ForeignPki>> {
    const key = await testKey('foreign authority', SHORT);
    const communicationKey = await testKey('foreign clients', SHORT);
    const authority = { key, certificate: await makeAuthority(key, now) };
    const order = { authority, key: communicationKey, names: ['192.0.2.10'], days: 3650, now };
    return {
      authorityCertificate: `Certificate:\n    Data:\n${authority.certificate}`,
      authorityKey: key,
      communicationKey,
      communicationCertificate: await issueLeaf(order),
    };
  }

  it('takes authority, key and certificate of the clients, issues that of HTTPS anew, and keeps what it replaces', async () => {
    const pki = await started();
    const before = [read('ca.pem'), read('communication.pem')];
    const given = await foreign();
    expect(await pki.import(given)).toEqual([]);
    expect(given.authorityCertificate).toContain(pki.pem('authority')?.trim());
    expect(pki.pem('communication')?.trim()).toBe(given.communicationCertificate.trim());
    const leaf = new X509Certificate(pki.pem('tls') ?? '');
    expect(leaf.verify(new X509Certificate(given.authorityCertificate).publicKey)).toBe(true);
    expect(used).toHaveLength(2);
    expect([read('ca.pem.before-20260101T000000'), read('communication.pem.before-20260101T000000')]).toEqual(
      before,
    );
    const again = await started(keysInOrder());
    expect(again.describe()).toEqual(pki.describe());
    // The same once more changes nothing.
    await pki.import(given);
    expect(readdirSync(folder)).toHaveLength(5);
  });

  it('of the authority alone keeps the key of the clients, under a certificate of that authority', async () => {
    const pki = await started();
    const { authorityCertificate, authorityKey } = await foreign();
    await pki.import({ authorityCertificate, authorityKey });
    const leaf = new X509Certificate(pki.pem('communication') ?? '');
    expect(leaf.verify(new X509Certificate(authorityCertificate).publicKey)).toBe(true);
  });

  it('over an authority that could not even be used keeps that, too', async () => {
    await started();
    write('ca.pem', 'half of a file');
    const pki = make(keysInOrder());
    await expect(start(pki)).rejects.toMatchObject({ code: 'PKI_FILE_DAMAGED' });
    const given = await foreign();
    await pki.import(given);
    expect(read('ca.pem.before-20260101T000000')).toBe('half of a file');
    await start(pki);
    expect(pki.health().state).toBe('ok');
    expect(given.authorityCertificate).toContain(pki.pem('authority')?.trim());
  });

  it('broken off between two files is mended by the next start', async () => {
    await started();
    const { authorityCertificate, authorityKey } = await foreign();
    write('ca.pem', `${authorityCertificate}\n${authorityKey}`);
    const pki = make(keysInOrder());
    await start(pki);
    const authority = new X509Certificate(authorityCertificate);
    for (const holder of ['tls', 'communication'] as const)
      expect(new X509Certificate(pki.pem(holder) ?? '').verify(authority.publicKey)).toBe(true);
  });

  it.each<
    [string, (given: Required<ForeignPki>) => Partial<ForeignPki> | Promise<Partial<ForeignPki>>, RegExp]
  >([
    ['no certificate', () => ({ authorityCertificate: 'x' }), /of the authority: there is no certificate/],
    [
      'a leaf for the authority',
      (g) => ({ authorityCertificate: g.communicationCertificate }),
      /self-signed/,
    ],
    [
      'no key',
      () => ({ authorityKey: '-----BEGIN X-----' }),
      /key of the authority: there is no private key/,
    ],
    ['the key of another authority', (g) => ({ authorityKey: g.communicationKey }), /do not belong together/],
    [
      'an encrypted key',
      () => ({
        authorityKey: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----',
      }),
      /encrypted/,
    ],
    [
      'a foreign key of the clients',
      (g) => ({ communicationKey: g.authorityKey }),
      /clients: .*belong together/,
    ],
    [
      'rubbish for the key of the clients',
      () => ({ communicationKey: 'x' }),
      /key of the clients: there is no/,
    ],
    [
      'a certificate of the clients from elsewhere',
      async (g) => ({
        communicationCertificate: await makeAuthority(g.communicationKey, clock.now()),
      }),
      /this authority did not issue it/,
    ],
    [
      'a short key of the clients',
      async () => ({ communicationKey: await testKey('short', 512) }),
      /512 bits/,
    ],
  ])('with %s is refused, and changes nothing', async (_, change, reason) => {
    const pki = await started();
    const before = Object.fromEntries(readdirSync(folder).map((name) => [name, read(name)]));
    const given = await foreign();
    const bad = { ...given, ...(await change(given)) };
    await expect(pki.import(bad)).rejects.toMatchObject({
      code: 'PKI_IMPORT_BAD',
      message: expect.stringMatching(reason),
    });
    await expect(pki.import(bad)).rejects.toSatisfy(
      (error: Error) => !/PRIVATE KEY-----/.test(error.message),
    );
    expect(Object.fromEntries(readdirSync(folder).map((name) => [name, read(name)]))).toEqual(before);
  });

  it('of an authority whose time is over is taken, with a warning: clients do not mind', async () => {
    const pki = await started();
    const given = await foreign(clock.now() - 30 * 365 * DAY);
    expect(await pki.import(given)).toEqual([expect.stringContaining('its time is over')]);
    expect(pki.health().state).toBe('degraded');
  });
});

describe('an authority whose key is taken away', () => {
  const offline = () => join(folder, 'ca-offline.pem');

  it('has its key in one file, 0600, and nowhere else; both certificates are good for long', async () => {
    const pki = await started();
    const key = /-----BEGIN PRIVATE KEY[\s\S]*/.exec(read('ca.pem'))?.[0] ?? '-';
    expect(await pki.offline()).toBe(offline());
    expect(read('ca-offline.pem')).toContain(key);
    expect(statSync(offline()).mode & 0o777).toBe(0o600);
    const holding = readdirSync(folder).filter((name) => read(name).includes(key));
    expect(holding).toEqual(['ca-offline.pem']);
    expect(pki.describe().offline).toBe(true);
    expect((tls(pki)?.until ?? 0) - clock.now()).toBeGreaterThan(800 * DAY);
    expect(pki.health().detail).toContain('take');
    await expect(pki.offline()).rejects.toMatchObject({ code: 'PKI_IS_OFFLINE' });
  });

  it('goes on without it after a restart, says when it is needed, and issues what is due when it is back', async () => {
    const first = await started();
    const before = first.describe().authority?.fingerprint;
    await first.offline();
    const key = read('ca-offline.pem');
    rmSync(offline());
    await first.stop();
    const pki = make();
    await start(pki);
    expect(pki.describe()).toMatchObject({ offline: true, authority: { fingerprint: before } });
    expect(pki.health()).toMatchObject({ state: 'ok' });
    expect(pki.pem('authority')).toBeDefined();
    names = ['fog.example', '10.0.0.2'];
    await clock.look(60_000);
    await soon(() => expect(pki.health().detail).toContain('names or addresses have changed'));
    expect(pki.health().state).toBe('degraded');
    expect(tls(pki)?.names).toContain('10.0.0.1');
    await expect(pki.online(await testKey('another', SHORT))).rejects.toMatchObject({
      code: 'PKI_IMPORT_BAD',
    });
    await pki.online(/-----BEGIN PRIVATE KEY[\s\S]*/.exec(key)?.[0] ?? '');
    expect(pki.health().state).toBe('ok');
    expect(tls(pki)?.names).toEqual(names);
    expect(pki.describe()).toMatchObject({ offline: false, authority: { fingerprint: before } });
  });
});

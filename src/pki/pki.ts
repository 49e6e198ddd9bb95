import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#daemon/clock.js';
import type { Logger } from '#daemon/log.js';
import type { Health, Service } from '#daemon/service.js';
import { errnoOf, FogdError, messageOf } from '#errors.js';
import { makeFolder } from '#files/make-folder.js';
import { UNFINISHED } from '#files/write-durably.js';
import { COMMUNICATION_DAYS, issueLeaf, makeAuthority, OFFLINE_TLS_DAYS, TLS_DAYS } from './certificate.js';
import { pkiErrors } from './errors.js';
import { type CheckedPki, checkForeignPki, type ForeignPki } from './imported.js';
import type { KeyMaker } from './key-maker.js';
import { namesOf } from './names.js';
import {
  checkPair,
  endOf,
  isIssuedBy,
  type Pair,
  parseAuthority,
  parsePair,
  readCertificate,
} from './pair.js';
import { keepBeside, readOwnFile, writePair } from './pair-file.js';
import type { CertificateSource } from './source.js';

export interface PkiOptions {
  /** Made if missing, 0700. */
  readonly folder: string;
  /** All names and addresses of the server now, the chief one first. */
  readonly names: () => readonly string[];
  readonly makeKey: KeyMaker;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What has a key: the authority; what FOG Clients encrypt to; the HTTPS listener. Each is one file with certificate and key. */
export type Holder = 'authority' | 'communication' | 'tls';

export interface CertificateView {
  readonly subject: string;
  /** SHA-256, hexadecimal with colons. */
  readonly fingerprint: string;
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly until: number;
}

export type PkiView = Readonly<Record<Holder, CertificateView | null>> & {
  /** The key of the authority is not on this machine: nothing can be issued. */
  readonly offline: boolean;
};

/** The authority's key may be elsewhere. */
interface Kept {
  readonly certificate: string;
  readonly key?: string;
}

/** A TLS signature of 4096 bits would keep the loop for 3 ms at every connection, one of 2048 keeps it for 0.3 ms. */
const BITS: Readonly<Record<Holder, number>> = { authority: 4096, communication: 4096, tls: 2048 };
const FILES: Readonly<Record<Holder, string>> = {
  authority: 'ca.pem',
  communication: 'communication.pem',
  tls: 'tls.pem',
};
/** Certificate and key of the authority, for the admin to take away. */
const OFFLINE_FILE = 'ca-offline.pem';

/** Addresses come and go with interfaces; nothing tells. */
const LOOK_EVERY_MS = 60_000;
/** Leaves are issued anew when they have less left. */
const RENEW_BEFORE_MS = 60 * 86_400_000;
const AUTHORITY_ALARM_MS = 365 * 86_400_000;
/** fogd is younger than that. */
const EARLIEST = Date.UTC(2025, 0, 1);

/**
 * The certificate authority that FOG Clients pin, and the two certificates under it (spec client-protocol 1): made at the first start,
 * renewed while fogd runs. Their keys stay: only the authority's is hard to replace, and clients may have fetched the certificate just now.
 */
export class Pki implements Service, CertificateSource {
  readonly name = 'certificates';
  readonly #pairs = new Map<Holder, Kept>();
  /** Why a certificate ought to be issued, while the key for that is elsewhere. */
  #wanting: string | undefined;
  /** The key that was taken out of use still lies beside the certificates. */
  #isLeftBehind = false;
  readonly #followers = new Set<(pair: Pair) => void>();
  readonly #keyFollowers = new Set<(key: string) => void>();
  /** One change after the other. */
  #work: Promise<unknown> = Promise.resolve();
  #ending = new AbortController();
  #cancelLook: () => void = () => undefined;

  constructor(private readonly options: PkiOptions) {}

  /**
   * Keys that are missing are made behind the start: that takes seconds, and machines wait for DHCP. Throws PKI_KEY_READABLE,
   * PKI_FILE_DAMAGED, PKI_AUTHORITY_LOST or PKI_FOLDER.
   */
  async start(fail: (error: FogdError) => void): Promise<void> {
    const ending = new AbortController();
    this.#ending = ending;
    await this.#read();
    const whole = this.#queue(() => this.#complete(ending.signal));
    const look = () => {
      if (ending.signal.aborted) return;
      this.#cancelLook = this.options.clock.afterAbout(LOOK_EVERY_MS, () => {
        this.#queue(() => this.#complete(ending.signal)).then(look, failed);
      });
    };
    const failed = (error: unknown) => {
      if (!ending.signal.aborted) fail(asPkiError(error, this.options.folder));
    };
    if (this.#pairs.size < HOLDERS.length) {
      whole.then(look, failed);
      return;
    }
    await whole;
    look();
  }

  /** The certificates stay in use: what only lost its folder goes on. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#cancelLook();
    await this.#work;
  }

  health(): Health {
    const [authority, tls] = [this.#certificate('authority'), this.#certificate('tls')];
    if (!authority || !tls || !this.#pairs.has('communication'))
      return { state: 'degraded', detail: 'the keys are being made' };
    const until = endOf(authority);
    if (this.#isLeftBehind)
      return {
        state: 'degraded',
        detail: `the key of the authority is out of use and still here: take ${join(this.options.folder, OFFLINE_FILE)} away`,
      };
    const offline = this.#isOffline ? ', its key elsewhere' : '';
    const detail = `authority until ${day(until)}${offline}, HTTPS until ${day(endOf(tls))}`;
    if (this.#wanting !== undefined)
      return {
        state: 'degraded',
        detail: `${detail}: ${this.#wanting}; bring its key back for a moment with: fogd pki online FILE`,
      };
    return until - this.options.clock.now() < AUTHORITY_ALARM_MS
      ? {
          state: 'degraded',
          detail: `${detail}: the authority ends, and can only be replaced at every client`,
        }
      : { state: 'ok', detail };
  }

  follow(use: (pair: Pair) => void): () => void {
    this.#followers.add(use);
    const pair = this.#pairs.get('tls');
    if (pair && hasKey(pair)) use(pair);
    return () => this.#followers.delete(use);
  }

  /** Calls `use` with the private key of the communication certificate, PEM: now, where there is one, and whenever it is another. */
  followKey(use: (key: string) => void): void {
    this.#keyFollowers.add(use);
    const pair = this.#pairs.get('communication');
    if (pair && hasKey(pair)) use(pair.key);
  }

  certificateHealth(): Health {
    const certificate = this.#certificate('tls');
    return certificate
      ? { state: 'ok', detail: `own certificate until ${day(endOf(certificate))}` }
      : { state: 'degraded', detail: 'there is no certificate yet' };
  }

  /** A certificate, PEM; undefined until it is made. */
  pem(holder: Holder): string | undefined {
    return this.#pairs.get(holder)?.certificate;
  }

  describe(): PkiView {
    const view = (holder: Holder): CertificateView | null => {
      const certificate = this.#certificate(holder);
      return certificate
        ? {
            subject: certificate.subject,
            fingerprint: certificate.fingerprint256,
            names: namesOf(certificate.subjectAltName),
            from: Date.parse(certificate.validFrom),
            until: endOf(certificate),
          }
        : null;
    };
    return {
      authority: view('authority'),
      communication: view('communication'),
      tls: view('tls'),
      offline: this.#isOffline,
    };
  }

  /**
   * Takes the key of the authority out of use: nobody who breaks into this machine can issue certificates with it then. Both leaves are issued
   * once more before, for as long as clients bear. Gives the file that holds the key, which the admin takes away. Rejects with PKI_NOT_READY.
   */
  offline(): Promise<string> {
    return this.#queue(async () => {
      const authority = this.#pairs.get('authority');
      const file = join(this.options.folder, OFFLINE_FILE);
      if (this.#pairs.size < HOLDERS.length || !authority) throw pkiErrors.PKI_NOT_READY({});
      if (!hasKey(authority)) throw pkiErrors.PKI_IS_OFFLINE({ file });
      for (const holder of ['tls', 'communication'] as const) {
        const { key } = this.#pairs.get(holder) ?? {};
        if (key === undefined) throw pkiErrors.PKI_NOT_READY({});
        const days = holder === 'tls' ? OFFLINE_TLS_DAYS : COMMUNICATION_DAYS;
        await this.#keep(holder, { certificate: await this.#issue(holder, authority, key, days), key });
      }
      await writePair(this.options.folder, file, authority);
      await this.#keep('authority', { certificate: authority.certificate });
      this.#isLeftBehind = true;
      this.options.log.info({ file }, 'the key of the certificate authority is out of use');
      return file;
    });
  }

  /** Takes the key of the authority into use again. Rejects with PKI_IMPORT_BAD where it is that of another one. */
  online(key: string): Promise<void> {
    return this.#queue(async () => {
      const authority = this.#pairs.get('authority');
      if (!authority) throw pkiErrors.PKI_NOT_READY({});
      const pair = { certificate: authority.certificate, key };
      try {
        checkPair(pair);
      } catch (error) {
        throw pkiErrors.PKI_IMPORT_BAD({ reason: messageOf(error) }, error);
      }
      await this.#keep('authority', pair);
      await this.#complete(this.#ending.signal);
    });
  }

  /**
   * Takes the authority and keys of another FOG server, so that its clients find in fogd the server they know. What they replace is kept
   * beside. Durable when it resolves; gives warnings. Rejects with PKI_IMPORT_BAD, and nothing has changed then.
   */
  async import(foreign: ForeignPki): Promise<readonly string[]> {
    const checked = checkForeignPki(foreign, this.options.clock.now());
    await this.#queue(() => this.#replace(checked));
    return checked.warnings;
  }

  async #replace({ authority, communicationKey, communicationCertificate }: CheckedPki): Promise<void> {
    const { clock, log } = this.options;
    const key = communicationKey ?? this.#pairs.get('communication')?.key;
    if (key === undefined) throw pkiErrors.PKI_NOT_READY({});
    const certificate = communicationCertificate ?? (await this.#issue('communication', authority, key));
    const communication = { certificate, key };
    const stamp = new Date(clock.now()).toISOString().replaceAll(/[-:]|\..*/g, '');
    for (const [holder, pair] of [
      ['authority', authority],
      ['communication', communication],
    ] as const) {
      const isSame = this.#pairs.get(holder)?.certificate.trim() === pair.certificate.trim();
      if (!isSame) await keepBeside(this.options.folder, this.#path(holder), `.before-${stamp}`);
    }
    // A break-off between the two leaves a certificate of another authority, which the next start issues anew.
    await this.#keep('authority', authority);
    await this.#keep('communication', communication);
    log.info(
      { fingerprint: this.describe().authority?.fingerprint },
      'another certificate authority is used',
    );
    await this.#complete(this.#ending.signal);
  }

  async #read(): Promise<void> {
    const { folder, log } = this.options;
    try {
      await makeFolder(folder, 0o700);
      for (const name of await readdir(folder))
        if (name.endsWith(UNFINISHED)) await rm(join(folder, name), { force: true });
    } catch (error) {
      throw pkiErrors.PKI_FOLDER({ folder, reason: errnoOf(error) ?? messageOf(error) }, error);
    }
    const found = new Map<Holder, Kept>();
    const texts = new Map<Holder, string>();
    for (const holder of HOLDERS) {
      const text = await readOwnFile(folder, this.#path(holder));
      if (text !== undefined) texts.set(holder, text);
    }
    // The authority is written first: where only others are, it was taken away.
    if (texts.size > 0 && !texts.has('authority'))
      throw pkiErrors.PKI_AUTHORITY_LOST({ folder, file: this.#path('authority') });
    for (const [holder, text] of texts) {
      try {
        found.set(holder, holder === 'authority' ? parseAuthority(text) : parsePair(text));
      } catch (error) {
        const file = this.#path(holder);
        if (holder === 'authority')
          throw pkiErrors.PKI_FILE_DAMAGED({ file, reason: messageOf(error) }, error);
        // Nothing is lost with it: the authority issues another.
        log.warn({ file, reason: messageOf(error) }, 'a certificate cannot be used; another is made');
      }
    }
    this.#pairs.clear();
    for (const [holder, pair] of found) this.#pairs.set(holder, pair);
    for (const [holder, pair] of found) this.#tell(holder, pair);
  }

  /** Makes what is missing, and issues anew what is due. HTTPS comes before what clients need only after it. */
  async #complete(signal: AbortSignal): Promise<void> {
    const { clock, makeKey, log } = this.options;
    this.#wanting = undefined;
    this.#isLeftBehind = this.#isOffline && (await isThere(join(this.options.folder, OFFLINE_FILE)));
    for (const holder of HOLDERS) {
      if (signal.aborted) return;
      const pair = this.#pairs.get(holder);
      const why = this.#due(holder, pair);
      if (why === undefined) continue;
      const authority = this.#pairs.get('authority');
      if (authority && !hasKey(authority)) {
        this.#wanting ??= `the certificate for ${holder === 'tls' ? 'HTTPS' : 'clients'} is due (${why})`;
        continue;
      }
      if (clock.now() < EARLIEST) throw pkiErrors.PKI_CLOCK({ date: new Date(clock.now()).toISOString() });
      const key = pair?.key ?? (await makeKey(BITS[holder], signal));
      const certificate =
        holder === 'authority' || authority === undefined
          ? await makeAuthority(key, clock.now())
          : await this.#issue(holder, authority, key);
      await this.#keep(holder, { certificate, key });
      log.info({ certificate: holder, why }, 'certificate made');
    }
  }

  /** Why a new certificate is needed; undefined while the present one will do. */
  #due(holder: Holder, pair: Kept | undefined): string | undefined {
    if (!pair) return 'there was none';
    const authority = this.#certificate('authority');
    if (holder === 'authority' || !authority) return undefined;
    const certificate = readCertificate(pair.certificate);
    if (!isIssuedBy(certificate, authority)) return 'the authority is another';
    if (endOf(certificate) - this.options.clock.now() < RENEW_BEFORE_MS) return 'its time ends';
    // Clients look at no name of the other (spec client-protocol 1.2), and an imported one stays what it was.
    if (holder === 'communication') return undefined;
    const [names, wanted] = [namesOf(certificate.subjectAltName), this.options.names()];
    // The chief one is the subject; the others have no order.
    const isSame = names[0] === wanted[0] && String([...names].sort()) === String([...wanted].sort());
    return isSame ? undefined : 'names or addresses have changed';
  }

  #issue(
    holder: Exclude<Holder, 'authority'>,
    authority: Pair,
    key: string,
    days = holder === 'tls' ? TLS_DAYS : COMMUNICATION_DAYS,
  ): Promise<string> {
    return issueLeaf({
      authority,
      key,
      days,
      names: this.options.names(),
      now: this.options.clock.now(),
    });
  }

  async #keep(holder: Holder, pair: Kept): Promise<void> {
    await writePair(this.options.folder, this.#path(holder), pair);
    this.#pairs.set(holder, pair);
    this.#tell(holder, pair);
  }

  #tell(holder: Holder, pair: Kept): void {
    if (!hasKey(pair)) return;
    if (holder === 'tls') for (const use of this.#followers) use(pair);
    if (holder === 'communication') for (const use of this.#keyFollowers) use(pair.key);
  }

  get #isOffline(): boolean {
    const authority = this.#pairs.get('authority');
    return authority !== undefined && !hasKey(authority);
  }

  #certificate(holder: Holder) {
    const pair = this.#pairs.get(holder);
    return pair && readCertificate(pair.certificate);
  }

  #path(holder: Holder): string {
    return join(this.options.folder, FILES[holder]);
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    // Who waits next is not concerned by how this one ends.
    this.#work = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}

/** In the order in which they are made. */
const HOLDERS = ['authority', 'tls', 'communication'] as const;

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

function hasKey(kept: Kept): kept is Pair {
  return kept.key !== undefined;
}

function day(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}

function asPkiError(error: unknown, folder: string): FogdError {
  return error instanceof FogdError
    ? error
    : pkiErrors.PKI_FOLDER({ folder, reason: messageOf(error) }, error);
}

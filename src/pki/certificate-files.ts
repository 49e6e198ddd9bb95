import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '#daemon/clock.js';
import type { Logger } from '#daemon/log.js';
import type { Health } from '#daemon/service.js';
import { FogdError, messageOf } from '#errors.js';
import { pkiErrors } from './errors.js';
import { checkPair, endOf, type Pair, readCertificate } from './pair.js';
import { OTHERS, readKeyFile } from './pair-file.js';
import type { CertificateSource } from './source.js';

export interface CertificateFilesOptions {
  /** Paths, PEM. The certificate is followed by those of the authorities in between. */
  readonly certificate: string;
  readonly key: string;
  /** Throws what TLS has against a pair. */
  readonly check: (pair: Pair) => void;
  /** What is used until the files can be. */
  readonly otherwise: CertificateSource;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looked at, not watched: what renews certificates replaces links, which no watch of a file sees. */
const LOOK_EVERY_MS = 5_000;

/**
 * The admin's own certificate for HTTPS: read again whenever the files change. A pair that cannot be used is named in status and log, and
 * the one before goes on.
 */
export class CertificateFiles implements CertificateSource {
  #pair: Pair | undefined;
  #trouble: string | undefined;
  /** What the files were at the last look, and whether that has been dealt with. */
  #seen = '';
  #settled = false;

  constructor(private readonly options: CertificateFilesOptions) {}

  follow(use: (pair: Pair) => void): () => void {
    let isOver = false;
    let cancel: () => void = () => undefined;
    let hasLooked = false;
    let other: Pair | undefined;
    this.#seen = '';
    const leave = this.options.otherwise.follow((pair) => {
      other = pair;
      if (hasLooked && !this.#pair) use(pair);
    });
    const look = async () => {
      const fresh = await this.#look();
      if (isOver) return;
      const first = hasLooked ? undefined : (this.#pair ?? other);
      hasLooked = true;
      const next = fresh ?? first;
      if (next) use(next);
      cancel = this.options.clock.afterAbout(LOOK_EVERY_MS, () => void look());
    };
    void look();
    return () => {
      isOver = true;
      cancel();
      leave();
    };
  }

  certificateHealth(): Health {
    const { otherwise, clock, certificate } = this.options;
    if (!this.#pair) {
      const { detail } = otherwise.certificateHealth();
      return { state: 'degraded', detail: `${this.#trouble ?? `${certificate} is being read`}; ${detail}` };
    }
    const until = endOf(readCertificate(this.#pair.certificate));
    const day = new Date(until).toISOString().slice(0, 10);
    const used = `certificate of ${certificate} until ${day}`;
    if (this.#trouble !== undefined)
      return { state: 'degraded', detail: `${this.#trouble}; the ${used} goes on` };
    return until < clock.now()
      ? { state: 'degraded', detail: `${used}: its time is over` }
      : { state: 'ok', detail: used };
  }

  /** The pair, where it is a new one. Never rejects. */
  async #look(): Promise<Pair | undefined> {
    const { certificate, key, check, log } = this.options;
    const now = (await Promise.all([identity(certificate), identity(key)])).join(' ');
    const isFirst = this.#seen === '';
    if (now === this.#seen && this.#settled) return undefined;
    const isSteady = isFirst || now === this.#seen;
    this.#seen = now;
    try {
      const pair = await readPairFiles(certificate, key, check);
      this.#settled = true;
      this.#trouble = undefined;
      this.#pair = pair;
      log.info({ certificate, key }, 'certificate read');
      return pair;
    } catch (error) {
      // Two files are never replaced at once: what is wrong must still be so at the next look.
      this.#settled = isSteady;
      if (!isSteady) return undefined;
      this.#trouble = messageOf(error);
      log.warn({ certificate, key, reason: this.#trouble }, 'the certificate cannot be used');
      return undefined;
    }
  }
}

/** Throws PKI_KEY_READABLE or PKI_PAIR_BAD. */
export async function readPairFiles(
  certificate: string,
  key: string,
  check: (pair: Pair) => void,
): Promise<Pair> {
  try {
    const pair = { certificate: await readFile(certificate, 'utf8'), key: await readKeyFile(key, OTHERS) };
    checkPair(pair);
    check(pair);
    return pair;
  } catch (error) {
    if (error instanceof FogdError) throw error;
    throw pkiErrors.PKI_PAIR_BAD({ certificate, key, reason: messageOf(error) }, error);
  }
}

/** Changes whenever the content may have; also when a link leads elsewhere. */
async function identity(path: string): Promise<string> {
  return await stat(path, { bigint: true }).then(
    // With ctime: a change of its rights mends a key.
    ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(':'),
    (error: unknown) => messageOf(error),
  );
}

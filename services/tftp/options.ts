/** Which options of a request are granted (RFC 2347: what is not granted is left out of the OACK). */
import type { Option } from './packet.js';

/** RFC 1350, without the option. */
const DEFAULT_BLOCK_SIZE = 512;
/** RFC 2348. */
const LEAST_BLOCK_SIZE = 8;
/** Microseconds, as tftp-hpa takes them. */
const LEAST_UTIMEOUT = 10_000;
const MOST_UTIMEOUT = 255_000_000;

export interface Agreement {
  /** Bytes of data in a block. */
  readonly blockSize: number;
  /** Blocks that are sent before an ACK is waited for (RFC 7440). */
  readonly windowSize: number;
  /** RFC 2349 `timeout`, or the `utimeout` of tftp-hpa, in milliseconds. */
  readonly timeoutMs?: number;
  /** What the OACK says, in the client's order and spelling; empty: no OACK, the first block is the answer. */
  readonly granted: readonly Option[];
}

export interface Limits {
  /** Largest block size granted, in bytes. */
  readonly maxBlockSize: number;
  /** Largest window granted, in blocks. */
  readonly maxWindowSize: number;
  /** Bytes of the file as they will be sent. */
  readonly size: number;
}

export function agree(asked: readonly Option[], limits: Limits): Agreement {
  let blockSize = DEFAULT_BLOCK_SIZE;
  let windowSize = 1;
  let timeoutMs: number | undefined;
  const granted: Option[] = [];
  const seen = new Set<string>();
  for (const { name, value } of asked) {
    const key = name.toLowerCase();
    const number = wholeNumber(value);
    if (number === undefined || seen.has(key)) continue;
    seen.add(key);
    if (key === 'blksize' && number >= LEAST_BLOCK_SIZE) {
      blockSize = Math.min(number, limits.maxBlockSize);
      granted.push({ name, value: String(blockSize) });
    } else if (key === 'tsize' && limits.size > 0) {
      // An empty file has no size to tell: curl 7.88 takes "tsize 0" for an illegal answer.
      // RFC 2349 wants 0 in a read request; some firmware sends rubbish, and means the same.
      granted.push({ name, value: String(limits.size) });
    } else if (key === 'timeout' && number >= 1 && number <= 255) {
      timeoutMs = number * 1000;
      granted.push({ name, value: String(number) });
    } else if (key === 'utimeout' && number >= LEAST_UTIMEOUT && number <= MOST_UTIMEOUT) {
      timeoutMs = Math.ceil(number / 1000);
      granted.push({ name, value: String(number) });
    } else if (key === 'windowsize' && number >= 1 && number <= 65_535) {
      windowSize = Math.min(number, limits.maxWindowSize);
      granted.push({ name, value: String(windowSize) });
    }
  }
  return { blockSize, windowSize, ...(timeoutMs === undefined ? {} : { timeoutMs }), granted };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,32}$/.test(text) ? Number(text) : undefined;
}

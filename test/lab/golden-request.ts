/**
 * Compares raw requests with the goldens of test/fixtures/fos-wire (its README explains the placeholders).
 */
import { readFileSync } from 'node:fs';
import { inRepository } from './repository.js';
import type { HttpRequest } from './wire-http.js';

/** What stands for the placeholders in this run. */
export interface GoldenValues {
  /** Value of the Host header. */
  readonly host: string;
  /** Value of `mac=` on the kernel line, when there is one. */
  readonly mac?: string;
  /** SMBIOS UUID of the machine, where the golden does not say the fixture's. */
  readonly uuid?: string;
  /** Live hardware addresses of the machine, lower case, in the kernel's order. */
  readonly macs: readonly string[];
}

/** Undefined when the request is the golden's to the byte, else what differs first. */
export function differenceFromGolden(
  name: string,
  request: HttpRequest,
  values: GoldenValues,
): string | undefined {
  const golden = readFileSync(inRepository('test', 'fixtures', 'fos-wire', `${name}.http`), 'latin1');
  const raw = request.raw.toString('latin1');
  const parts = golden.split(/\{\{([^}]*)\}\}/);
  let position = 0;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] ?? '';
    const pattern = index % 2 === 0 ? literal(part) : placeholder(part, values, request);
    const match = new RegExp(pattern, 'y');
    match.lastIndex = position;
    const found = match.exec(raw);
    if (!found) {
      const wanted =
        index % 2 === 0 ? `the bytes ${JSON.stringify(firstDifference(part, raw, position))}` : part;
      return `${name}: at byte ${position} expected ${wanted}, got ${JSON.stringify(raw.slice(position, position + 120))}`;
    }
    if (part.startsWith('b64:') && !Buffer.from(found[0], 'base64').toString('latin1').endsWith('\n')) {
      return `${name}: the decoded text of ${part} does not end in a line feed: ${found[0]}`;
    }
    position += found[0].length;
  }
  return position === raw.length
    ? undefined
    : `${name}: more follows: ${JSON.stringify(raw.slice(position))}`;
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** The expected text from the first byte on that differs. */
function firstDifference(expected: string, raw: string, position: number): string {
  let offset = 0;
  while (offset < expected.length && expected[offset] === raw[position + offset]) offset += 1;
  return expected.slice(Math.max(0, offset - 20), offset + 60);
}

function placeholder(text: string, values: GoldenValues, request: HttpRequest): string {
  const [name = '', form] = text.split('|');
  const value = plain(name, values, request);
  if (form === 'urlencoded' && value !== undefined) return literal(encodeURIComponent(value));
  if (value !== undefined) return literal(value);
  if (name === 'curl') return '[0-9.]+';
  // Path of `web=`: each boot has a token of its own.
  if (name === 'base') return '/fog/t/[0-9a-f]{32}/';
  // Full lines of 76 characters, each ended by a line feed, and a last line of at most 76.
  if (name.startsWith('b64:')) return '(?:[A-Za-z0-9+/]{76}\\n)*[A-Za-z0-9+/]{1,76}={0,2}';
  if (name.startsWith('urlencoded:')) return '[A-Za-z0-9._~+%-]+';
  throw new Error(`no value for the placeholder {{${text}}}`);
}

function plain(name: string, values: GoldenValues, request: HttpRequest): string | undefined {
  if (name === 'host') return values.host;
  if (name === 'length') return String(request.body.length);
  if (name === 'mac') return values.mac;
  if (name === 'uuid') return values.uuid;
  if (name === 'maclist') return wrapBase64(`${values.macs.join('|')}\n`);
  return undefined;
}

/** GNU `base64`: a line feed after each 76 characters, none at the end (the shell strips it). */
function wrapBase64(text: string): string {
  return Buffer.from(text, 'latin1')
    .toString('base64')
    .replace(/.{76}(?=.)/g, '$&\n');
}

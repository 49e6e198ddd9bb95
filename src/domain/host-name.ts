/** FOG's rule for host names: a NetBIOS name (data-model 2.1). */
const HOST_NAME = /^[\w!@#$%^()\-'{}.~]{1,15}$/;

export function isHostName(name: string): boolean {
  return HOST_NAME.test(name);
}

/** Whether a machine can have it: Windows takes no dot, and the name of Linux is the short one (spec client-protocol 6). */
export function isMachineName(name: string): boolean {
  return isHostName(name) && !name.includes('.');
}

/** The name of a host that has no better one: its MAC without separators. */
export function nameFromMac(mac: string): string {
  return mac.replaceAll(':', '');
}

export interface NamePattern {
  /** `MAC`, or a template with `{SYSSERIAL}` and at most one run of `*`. */
  readonly pattern: string;
  readonly mac: string;
  readonly serial: string;
  /** First number to try for the run of `*`. */
  readonly next: number;
  readonly isTaken: (name: string) => boolean;
}

export interface PatternName {
  readonly name: string;
  /** The running number after this name; equals the given one when the pattern has no `*`. */
  readonly next: number;
}

/**
 * Name of a quickly registered host (spec fos-protocol 3.10). A result that breaks the rule for host names, or is taken, falls back to
 * the MAC, which is unique.
 */
export function nameFromPattern({ pattern, mac, serial, next, isTaken }: NamePattern): PatternName {
  const fallback = { name: nameFromMac(mac), next };
  if (pattern === 'MAC') return fallback;
  const text = pattern
    .replaceAll('{SYSSERIAL}', serial.replaceAll(/[^\w.-]/g, ''))
    .replaceAll('MAC', nameFromMac(mac));
  const stars = /\*+/.exec(text)?.[0];
  if (stars === undefined) return isHostName(text) && !isTaken(text) ? { name: text, next } : fallback;
  for (let number = next; String(number).length <= Math.max(stars.length, 9); number++) {
    const name = text.replace(/\*+/, String(number).padStart(stars.length, '0'));
    if (!isHostName(name)) return fallback;
    if (!isTaken(name)) return { name, next: number + 1 };
  }
  return fallback;
}

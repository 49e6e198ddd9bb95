import { isHttpBoot } from '#boot/architecture.js';
import type { TraceRecord } from './decision.js';

/** The boot story of one machine: what happened from power-on to the end, in words a helpdesk reads, and where it stopped and why. */

export interface StoryStep {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds since the boot began. */
  readonly offset: number;
  readonly text: string;
  readonly outcome: TraceRecord['outcome'];
}

export interface BootStory {
  readonly boots: readonly BootAttempt[];
}

export interface BootAttempt {
  readonly startedAt: number;
  readonly steps: readonly StoryStep[];
  /** How it ended, or where it stopped and what to look at. */
  readonly verdict: string;
}

/** A DISCOVER after this long a silence is a new power-on, even if the boot before did not get far. */
const NEW_BOOT_AFTER_MS = 120_000;
/** Within this time the next step may still come. */
const PATIENCE_MS = 90_000;

/** Splits the records of one machine (oldest first) into boots and tells each. */
export function bootStory(records: readonly TraceRecord[], now: number): BootStory {
  const boots: TraceRecord[][] = [];
  for (const record of records) {
    const current = boots.at(-1);
    if (!current || startsBoot(record, current)) boots.push([record]);
    else current.push(record);
  }
  return { boots: boots.map((boot) => attempt(boot, now)) };
}

/**
 * A machine asks for an address several times in one boot (firmware, iPXE, Linux). A new boot begins when it asks as firmware does after it
 * had got further than its boot loader, or after a long silence.
 */
function startsBoot(record: TraceRecord, boot: readonly TraceRecord[]): boolean {
  const last = boot.at(-1);
  if (last && record.at - last.last > NEW_BOOT_AFTER_MS) return true;
  if (record.service !== 'dhcp' || record.who.arch === undefined || isHttpBoot(record.who.arch)) return false;
  return boot.some(({ event }) => event === 'script-served');
}

function attempt(boot: readonly TraceRecord[], now: number): BootAttempt {
  const [first] = boot;
  const startedAt = first?.at ?? now;
  return {
    startedAt,
    steps: boot.map((record) => ({
      at: record.at,
      offset: record.at - startedAt,
      text: sentence(record),
      outcome: record.outcome,
    })),
    verdict: verdict(boot, now),
  };
}

const SENTENCES: Readonly<Record<string, (record: TraceRecord) => string>> = {
  offer: (r) => `asked for an address${as(r)}; offered ${fact(r, 'address')}${fileText(r)}`,
  ack: (r) => `took the address ${fact(r, 'address')}${fileText(r)}`,
  nak: (r) => `was refused the address ${fact(r, 'address')}`,
  'proxy-offer': (r) =>
    `asked for an address${as(r)}; told what to boot${fileText(r)} (the address comes from another server)`,
  'proxy-ack': (r) => `asked the boot server; told what to boot${fileText(r)}`,
  'address-taken': (r) =>
    r.facts?.server === undefined
      ? `goes on with the address ${fact(r, 'address')}, which it had before`
      : `took the address ${fact(r, 'address')} from the DHCP server ${fact(r, 'server')}`,
  discover: (r) =>
    isForOthers(r)
      ? 'asked the other DHCP server for an address, from the system that it runs by now'
      : 'asked for an address',
  request: (r) => `asked for the address ${fact(r, 'address')}`,
  inform: () => 'asked for settings with an address of its own',
  release: (r) => `gave back the address ${fact(r, 'address')}`,
  decline: (r) => `reported that ${fact(r, 'address')} is in use by another machine`,
  'file-size-asked': (r) => `asked for the size of ${fact(r, 'file')}`,
  'file-sent': (r) =>
    `${isBrokenOff(r) ? 'broke off loading' : 'loaded'} ${fact(r, 'file')}: ${bytes(r)}${duration(r)} by ${transport(r)}`,
  'file-refused': (r) => `asked for the file ${fact(r, 'file')} by ${transport(r)}, which is not there`,
  'file-stalled': (r) => `began to load ${fact(r, 'file')} and did not get it all`,
  'default-script-served': () => 'runs iPXE and fetched its first script',
  'script-served': (r) => `was sent ${SCRIPTS[String(r.facts?.script)] ?? 'a boot script'}`,
  'fos-started': () => 'runs the imaging environment and has a network',
  'registration-asked': () => 'asked whether it may register',
  'name-asked': (r) => `asked whether the name ${fact(r, 'name')} is free`,
  registered: (r) => `registered as host ${fact(r, 'host')}`,
  registration: () => 'tried to register',
  inventory: (r) =>
    r.outcome === 'answered' ? `reported its hardware (host ${fact(r, 'host')})` : 'reported its hardware',
  'check-in': () => 'checked in for its task',
  complete: () => 'reported that its task is complete',
  'client-error': () => 'reported an error',
  'client-warning': () => 'reported a warning',
  login: () => 'tried to log in',
};

const SCRIPTS: Readonly<Record<string, string>> = {
  'menu-unregistered': 'the menu for unknown machines',
  'menu-registered': 'its menu',
  'menu-pending': 'the menu for machines that wait for approval',
  task: 'its task',
  problem: 'a message instead of a menu',
};

function sentence(record: TraceRecord): string {
  const told = SENTENCES[record.event]?.(record) ?? record.event.replaceAll('-', ' ');
  const times = record.count > 1 ? ` (${record.count} times)` : '';
  if (isForOthers(record)) return `${told}${times}`;
  if (isHttpBoot(record.who.arch ?? ''))
    return `${told}${times} (HTTP boot is not served: the firmware tries its next boot entry)`;
  const verb = record.outcome === 'ignored' ? ' (not answered)' : '';
  const why = record.reasons.length > 0 ? `: ${record.reasons.join('; ')}` : '';
  return `${told}${verb}${times}${why}`;
}

/** What the last step of a boot that ended there means. `undefined` for steps after which something must follow. */
function verdict(all: readonly TraceRecord[], now: number): string {
  const withoutHttpBoot = all.filter(({ who }) => !isHttpBoot(who.arch ?? ''));
  const boot = withoutHttpBoot.length > 0 ? withoutHttpBoot : all;
  const last = boot.at(-1);
  if (!last) return 'nothing is known';
  const bad = boot.findLast(
    ({ outcome, event }) => outcome === 'failed' || outcome === 'refused' || event.startsWith('client-error'),
  );
  const has = (...events: string[]) =>
    boot.some(({ event, outcome }) => events.includes(event) && outcome === 'answered');
  if (has('complete')) return 'done: the task is complete';
  if (has('registered') && has('inventory')) return 'done: registered, with its hardware';
  if (has('inventory')) return 'done: hardware reported';
  if (bad && bad === last) return `stopped: ${sentence(bad)}`;
  if (
    last.event === 'script-served' &&
    last.outcome === 'answered' &&
    String(last.facts?.script).startsWith('menu')
  ) {
    return 'done for fogd: it has its menu, and went on from there to its disk or to a choice of the user';
  }
  if (now - last.last < PATIENCE_MS) return 'under way';
  return `stopped after: ${sentence(last)}. ${HINTS[last.event] ?? 'Nothing more was heard of it.'}`;
}

/** Where to look when a machine falls silent after this step. */
const HINTS: Readonly<Record<string, string>> = {
  offer:
    'It did not take the offer: another DHCP server may have been chosen, or the answer does not reach it (VLAN, switch port, firewall).',
  'proxy-offer':
    'It never asked for the file: the other DHCP server may name a boot file of its own, or its answer is missing.',
  ack: 'It has an address and did not ask for its boot file: TFTP (69/udp) or HTTP does not reach this server.',
  'address-taken':
    'It has an address and did not ask for its boot file: TFTP (69/udp) or HTTP does not reach this server.',
  'file-sent': 'The file reached it, but what is in it did not start or has no network.',
  'default-script-served':
    'iPXE has its first script but did not ask for the menu: HTTP to this server fails for it.',
  'fos-started': 'The imaging environment has a network and made no further call.',
  'check-in': 'It checked in and did not complete: look at its screen.',
};

function as(record: TraceRecord): string {
  return record.who.arch === undefined ? '' : ` as ${record.who.arch}`;
}

function fileText(record: TraceRecord): string {
  const file = record.facts?.file;
  return file === undefined || file === '' ? '' : `, boot file ${String(file)}`;
}

function fact(record: TraceRecord, name: string): string {
  return String(record.facts?.[name] ?? '?');
}

function bytes(record: TraceRecord): string {
  const count = Number(record.facts?.bytes ?? 0);
  return count < 10_000
    ? `${count} bytes`
    : count < 10_000_000
      ? `${Math.round(count / 1000)} kB`
      : `${(count / 1e6).toFixed(1)} MB`;
}

function duration(record: TraceRecord): string {
  const milliseconds = Number(record.facts?.milliseconds ?? record.facts?.ms ?? 0);
  return milliseconds === 0 ? '' : ` in ${(milliseconds / 1000).toFixed(1)} s`;
}

function transport(record: TraceRecord): string {
  return record.service === 'tftp' ? 'TFTP' : 'HTTP';
}

function isBrokenOff({ outcome, facts }: TraceRecord): boolean {
  return outcome === 'failed' || /^(aborted|restarted)-/.test(String(facts?.outcome ?? ''));
}

/** Between the machine and the other DHCP server: told for the story, nobody expects an answer of ours. */
function isForOthers({ service, event, outcome, reasons }: TraceRecord): boolean {
  if (service !== 'dhcp' || outcome !== 'ignored') return false;
  return event === 'address-taken' || (reasons[0]?.startsWith('not a network-boot client') ?? false);
}

import { isHttpBoot } from '#boot/architecture.js';
import type { TraceRecord } from './decision.js';
import { deed, sentence, way } from './sentence.js';

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
 * had got further than its boot loader, when a boot loader asks after Linux ran, or after a long silence; while it is being imaged it may
 * be silent for minutes.
 */
function startsBoot(record: TraceRecord, boot: readonly TraceRecord[]): boolean {
  const { service, event, who } = record;
  // Calls of the imaging environment and what fogd makes of its silence belong to the boot that they end; so do those of the FOG Client.
  if (service === 'fogd' || service === 'client') return false;
  const isImaging = unfinished(boot) !== undefined;
  if (service === 'fos' && isImaging && !LINUX_STARTS.has(event)) return false;
  const isRenewal = service === 'dhcp' && who.arch === undefined && isImaging;
  const last = boot.at(-1);
  if (last && record.at - last.last > NEW_BOOT_AFTER_MS && !isRenewal) return true;
  if (service === 'tftp' || LOADER_ASKS.has(event)) return boot.some((step) => LINUX_STARTS.has(step.event));
  if (service !== 'dhcp' || who.arch === undefined || isOnItsWay(record)) return false;
  return boot.some((step) => step.event === 'script-served');
}

/** Firmware that tries HTTP boot in vain, after its network boot, on its way to the disk. */
function isOnItsWay({ who, facts }: TraceRecord): boolean {
  return isHttpBoot(who.arch ?? '') && facts?.file === undefined;
}

const LINUX_STARTS: ReadonlySet<string> = new Set(['fos-started', 'session-opened', 'session-refused']);
const LOADER_ASKS: ReadonlySet<string> = new Set(['default-script-served', 'script-served']);
const SUCCEEDED: ReadonlySet<string> = new Set(['deployed', 'capture-published']);
/** After these nothing but a new boot helps; what the machine says afterwards is a consequence. */
const FATAL: ReadonlySet<string> = new Set([
  'capture-refused',
  'task-failed',
  'task-cancelled',
  'client-error',
]);

/** The newest start of imaging that nothing ended. */
function unfinished(boot: readonly TraceRecord[]): TraceRecord | undefined {
  const start = boot.findLastIndex(({ event }) => event === 'imaging-started');
  const isOver = boot.slice(start + 1).some(({ event }) => SUCCEEDED.has(event) || FATAL.has(event));
  return start < 0 || isOver ? undefined : boot[start];
}

function attempt(boot: readonly TraceRecord[], now: number): BootAttempt {
  const [first] = boot;
  const startedAt = first?.at ?? now;
  return {
    startedAt,
    steps: condensed(boot).map((record) => ({
      at: record.at,
      offset: record.at - startedAt,
      text: sentence(record),
      outcome: record.outcome,
    })),
    verdict: verdict(boot, now),
  };
}

/** Polls of the queue and progress of one partition become one step each, from the first to the last. */
function condensed(boot: readonly TraceRecord[]): TraceRecord[] {
  const steps: TraceRecord[] = [];
  for (const record of boot) {
    const before = steps.at(-1);
    if (before?.event !== record.event || !goesOn(before, record)) {
      steps.push(record);
      continue;
    }
    const isProgress = record.event === 'progress';
    const from = before.facts?.from ?? before.facts?.percent ?? 0;
    const facts = { ...record.facts, ...(isProgress ? { from } : {}) };
    steps[steps.length - 1] = { ...record, at: before.at, count: 1, facts };
  }
  return steps;
}

function goesOn(before: TraceRecord, record: TraceRecord): boolean {
  if (record.event === 'queued') return true;
  // A partition that begins anew has a smaller percentage.
  return record.event === 'progress' && Number(record.facts?.percent) >= Number(before.facts?.percent);
}

/** How the boot ended, or what its last step means if nothing followed. */
function verdict(all: readonly TraceRecord[], now: number): string {
  const booting = all.filter(({ service }) => service !== 'client');
  const withoutHttpBoot = booting.filter((record) => !isOnItsWay(record));
  const boot = withoutHttpBoot.length > 0 ? withoutHttpBoot : booting;
  const last = boot.at(-1);
  const newest = all.at(-1);
  if (!last) return newest ? `its system runs: ${sentence(newest)}` : 'nothing is known';
  const bad = boot.findLast(
    ({ outcome, event }) => outcome === 'failed' || outcome === 'refused' || FATAL.has(event),
  );
  const has = (...events: string[]) =>
    boot.some(({ event, outcome }) => events.includes(event) && outcome === 'answered');
  const imaged = boot.findLast(({ event }) => SUCCEEDED.has(event));
  if (imaged) return `done: ${sentence(imaged)}`;
  const start = boot.findLastIndex(({ event }) => event === 'imaging-started');
  // A machine reports its hardware before a deploy, too: that is no end.
  const fatal = boot.slice(start + 1).find(({ event }) => FATAL.has(event));
  if (fatal) return `stopped: ${sentence(fatal)}`;
  const imaging = boot[start];
  if (imaging) return imagingVerdict(imaging, boot.slice(start), now - last.last);
  if (has('complete')) return 'done: the task is complete';
  if (has('registered') && has('inventory')) return 'done: registered, with its hardware';
  if (has('inventory')) return 'done: hardware reported';
  if (has('inventory-dropped'))
    return `done: ${has('registered') ? 'registered' : 'hardware reported'}, and waits for approval`;
  if (bad && bad === last) return `stopped: ${sentence(bad)}`;
  if (newest?.service === 'client') return 'done: its system runs, and its FOG Client calls';
  if (
    last.event === 'script-served' &&
    last.outcome === 'answered' &&
    String(last.facts?.script).startsWith('menu')
  ) {
    return 'done for fogd: it has its menu, and went on from there to its disk or to a choice of the user';
  }
  if (now - last.last < PATIENCE_MS)
    return last.event === 'queued' ? `under way: ${sentence(last)}` : 'under way';
  return `stopped after: ${sentence(last)}. ${HINTS[last.event] ?? 'Nothing more was heard of it.'}`;
}

function imagingVerdict(start: TraceRecord, since: readonly TraceRecord[], silence: number): string {
  const last = since.at(-1) ?? start;
  if (last.outcome === 'failed' || last.outcome === 'refused') return `stopped: ${sentence(last)}`;
  const progress = since.findLast(({ event }) => event === 'progress');
  const where = progress ? `, at ${way(progress)}` : '';
  if (silence < PATIENCE_MS) return `under way: ${deed(start)}${where}`;
  const seconds = Math.round(silence / 1000);
  if (progress)
    return `stopped in the middle of ${deed(start)}${where}: silent for ${seconds} s. Look at its screen and its cable.`;
  return `silent for ${seconds} s since it began ${deed(start)}: it may check or resize a file system, which takes minutes; else look at its screen.`;
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
  'session-opened':
    'The imaging environment has a network and did not check in: mounting its share may fail (111/tcp, 2049/tcp, 20048/tcp to this server).',
  progress:
    'A deploy from the menu tells no end: unless this was its last partition, look at its screen and its cable.',
  queued: 'It asks every few seconds while it waits, so it was switched off, or its network is gone.',
  'check-in': 'It checked in and did not complete: look at its screen.',
};

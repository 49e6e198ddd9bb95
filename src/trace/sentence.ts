import type { TraceRecord } from './decision.js';

/** The words of the boot story: one sentence for each kind of event. */

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
  'file-refused': (r) => `asked for the file ${fact(r, 'file')} by ${transport(r)} and was not given it`,
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
  'inventory-dropped': () => 'reported its hardware, which is not kept',
  'session-opened': (r) => `runs the imaging environment and has a network${shareText(r)}`,
  'usb-started': () => 'runs the imaging environment from a USB stick',
  'virus-found': () => 'found a virus',
  'session-refused': () => 'runs the imaging environment with a boot script that is out of date',
  'check-in': () => 'checked in for its task',
  queued: (r) => `waits for a free slot, ${fact(r, 'before')} before it${span(r)}`,
  'imaging-started': (r) => `began ${deed(r)}`,
  progress: (r) => `copied ${way(r)} (${fact(r, 'copied')} of ${fact(r, 'total')}, ${fact(r, 'rate')}/min)`,
  'capture-published': (r) =>
    `captured the image ${fact(r, 'image')}, generation ${fact(r, 'generation')}, ${fact(r, 'files')} files: ${amount(r)}`,
  deployed: (r) => `wrote the image ${fact(r, 'image')} to its disk: ${amount(r)}`,
  'capture-refused': () => 'delivered a capture that is not published',
  'task-failed': () => 'lost its task',
  'task-cancelled': (r) =>
    `its task ${fact(r, 'task')} (${fact(r, 'type')}) was cancelled by ${fact(r, 'actor')}`,
  'request-failed': () => 'made a call that fogd could not answer',
  complete: () => 'reported that its task is complete',
  'tls-refused': () => 'came by HTTPS, and no connection came about',
  'client-error': () => 'reported an error',
  'client-warning': () => 'reported a warning',
  login: () => 'tried to log in',
  'client-trusted': () => 'its FOG Client came for the first time, and is trusted from now on',
  'client-authorised': () => 'its FOG Client is there',
  'client-moved': () => 'its FOG Client was led to HTTPS',
  'client-refused': () => 'its FOG Client wants to be trusted',
  'client-poll': () => 'its FOG Client asked what to do',
  'client-told': (r) => `its FOG Client was told something new${ofModules(r)}`,
  'client-registered': (r) =>
    r.outcome === 'answered'
      ? `its FOG Client registered it as host ${fact(r, 'host')}, which waits for approval`
      : 'its FOG Client tried to register it',
  'client-macs': (r) =>
    `its FOG Client named ${fact(r, 'count')} more addresses of the host ${fact(r, 'host')}, which wait for approval`,
  'client-call-failed': () => 'its FOG Client made a call that fogd could not answer',
  'snapin-sent': (r) =>
    `${isBrokenOff(r) ? 'broke off loading' : 'loaded'} the snapin ${fact(r, 'snapin')}: ${bytes(r)}${duration(r)}`,
  'snapin-refused': () => 'its FOG Client asked for a snapin and got none',
  'snapin-reported': (r) =>
    r.outcome === 'refused'
      ? 'its FOG Client reported a snapin'
      : `its FOG Client ran the snapin ${fact(r, 'snapin')}, exit code ${fact(r, 'code')}`,
  'power-ordered': (r) =>
    fact(r, 'action') === 'wol'
      ? `magic packets were sent to it: ordered by ${fact(r, 'actor')}`
      : `is to do a ${fact(r, 'action')}: ordered by ${fact(r, 'actor')}`,
  'wake-failed': () => 'was to be turned on for its task',
  woken: (r) =>
    r.outcome === 'answered'
      ? `was to be woken by the clock: magic packets were sent to ${fact(r, 'to')}`
      : 'was to be woken by the clock',
  'client-secrets': (r) =>
    `its FOG Client may be told password and product key for ${fact(r, 'hours')} hours: ordered by ${fact(r, 'actor')}`,
  'client-secrets-withheld': () => 'its FOG Client was not told password and product key',
  'client-reset': (r) => `its FOG Client may come anew: reset by ${fact(r, 'actor')}`,
};

const SCRIPTS: Readonly<Record<string, string>> = {
  'menu-unregistered': 'the menu for unknown machines',
  'menu-registered': 'its menu',
  'menu-pending': 'the menu for machines that wait for approval',
  task: 'its task',
  problem: 'a message instead of a menu',
  disk: 'on to its disk',
  'login-asked': 'a question for a login',
  'login-refused': 'a refused login',
  'menu-action': 'what somebody chose at its menu',
};

/** One record in words, with its reasons. */
export function sentence(record: TraceRecord): string {
  const told = SENTENCES[record.event]?.(record) ?? record.event.replaceAll('-', ' ');
  const times = record.count > 1 ? ` (${record.count} times)` : '';
  if (isForOthers(record)) return `${told}${times}`;
  const verb = record.outcome === 'ignored' ? ' (not answered)' : '';
  const why = record.reasons.length > 0 ? `: ${record.reasons.join('; ')}` : '';
  return `${told}${verb}${times}${why}`;
}

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

/** `deploying the image base`, of the start of imaging. */
export function deed(record: TraceRecord): string {
  return `${record.facts?.kind === 'capture' ? 'capturing' : 'deploying'} the image ${fact(record, 'image')}`;
}

/** How far, of the partition that it is at: `43 % of a partition`. */
export function way(record: TraceRecord): string {
  const from = record.facts?.from;
  return `${from === undefined ? '' : `${String(from)} % to `}${fact(record, 'percent')} % of a partition`;
}

/** Size, time and rate of a whole disk. */
function amount(record: TraceRecord): string {
  const count = Number(record.facts?.bytes ?? 0);
  const milliseconds = Number(record.facts?.milliseconds ?? 0);
  const rate = milliseconds > 0 && count > 0 ? ` (${(count / milliseconds / 1000).toFixed(1)} MB/s)` : '';
  return `${bytes(record)}${duration(record)}${rate}`;
}

function ofModules({ facts }: TraceRecord): string {
  return facts?.modules === undefined ? '' : ` (${String(facts.modules)})`;
}

function shareText({ facts, outcome }: TraceRecord): string {
  if (outcome === 'failed') return ', but its share could not be opened';
  if (facts?.kind === 'deploy') return '; may read its image';
  return facts?.kind === 'capture' ? '; may write its capture' : '';
}

/** How long something went on that was told many times. */
function span({ at, last }: TraceRecord): string {
  return last > at ? `, for ${Math.round((last - at) / 1000)} s` : '';
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
export function isForOthers({ service, event, outcome, reasons }: TraceRecord): boolean {
  if (service !== 'dhcp' || outcome !== 'ignored') return false;
  return event === 'address-taken' || (reasons[0]?.startsWith('not a network-boot client') ?? false);
}

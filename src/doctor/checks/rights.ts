import { type Check, fail, ok, warn } from '../finding.js';

/** capabilities(7): ports below 1024; sockets bound to one interface and raw ones. */
const NEEDED = [
  { bit: 10n, right: 'CAP_NET_BIND_SERVICE', only: undefined },
  { bit: 13n, right: 'CAP_NET_RAW', only: 'dhcp' },
] as const;
const FILES_LOW = 4_096;

/** What the kernel lets the running daemon do. */
export const rights: Check = async ({ running, settings, text }) => {
  if (!running) return [ok('looked at while fogd runs')];
  const status = await text(`/proc/${running.pid}/status`);
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status ?? '')?.[1];
  if (effective === undefined) return [];
  const has = BigInt(`0x${effective}`);
  const missing = NEEDED.filter(
    ({ bit, only }) => ((has >> bit) & 1n) === 0n && (only === undefined || settings.dhcp.mode !== 'off'),
  ).map(({ right }) => right);
  if (missing.length > 0)
    return [
      fail(`fogd lacks ${missing.join(', ')}`, 'start it by its unit (systemctl start fogd), or as root'),
    ];
  const limits = (await text(`/proc/${running.pid}/limits`)) ?? '';
  const files = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  if (files < FILES_LOW)
    return [
      warn(`fogd may open only ${files} files and sockets`, `raise LimitNOFILE to at least ${FILES_LOW}`),
    ];
  return [ok('fogd may do what it needs')];
};

import { type Check, fail, ok, warn } from '../finding.js';

/** fogd is younger than that. */
const EARLIEST = Date.UTC(2025, 0, 1);
/** What a program that sets the clock leaves behind: systemd-timesyncd once it did, the others while they run. */
const SIGNS: ReadonlyArray<readonly [path: string, by: string]> = [
  ['/run/systemd/timesync/synchronized', 'systemd-timesyncd'],
  ['/run/chrony/chronyd.pid', 'chrony'],
  ['/run/chronyd.pid', 'chrony'],
  ['/run/ntpd.pid', 'ntpd'],
  ['/run/openntpd.pid', 'openntpd'],
];

/** Leases, certificates and logins count on it. */
export const clock: Check = async ({ now, entry }) => {
  const date = new Date(now).toISOString().slice(0, 16).replace('T', ' ');
  if (now < EARLIEST) return [fail(`the clock says ${date} UTC`, 'set it: timedatectl set-ntp true')];
  for (const [path, by] of SIGNS) if (await entry(path)) return [ok(`${date} UTC, kept by ${by}`)];
  return [
    warn(
      `${date} UTC; no program is seen that keeps it right`,
      'install one: apt-get install systemd-timesyncd',
    ),
  ];
};

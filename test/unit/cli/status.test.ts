import { describe, expect, it } from 'vitest';
import { type Status, statusScreen } from '#cli/status.js';
import { time } from '#cli/tables.js';
import { Failures } from '#trace/failures.js';

const AT = Date.UTC(2026, 0, 1);
const space = { free: 500e9, size: 1e12, inodesFree: 1, inodes: 2 };
const task = {
  ...{ id: 1, type: 'Deploy', state: 'In-Progress', host: 'pc1', image: 'win11', createdAt: AT },
  ...{ createdBy: 'cli', startedAt: AT, finishedAt: null, lastSeenAt: AT, reason: '', before: null },
  progress: {
    ...{ rate: '5.32GB', elapsed: '00:01:00', remaining: '00:02:00', copied: '1 GiB', total: '3 GiB' },
    ...{ percent: 50, overall: 33.3, at: AT },
  },
};
const status: Status = {
  version: '1.2.3',
  startedAt: AT,
  services: [
    { name: 'http', state: 'running', detail: 'listening on port 80/tcp' },
    { name: 'dhcp', state: 'failed', detail: 'port 67/udp is held by dnsmasq', remedy: 'stop it', code: 'X' },
  ],
  working: [task],
  tasks: { working: 3, waiting: 1, ordered: 9 },
  sessions: [
    { kind: 'deploy', mac: '02:00:00:00:00:01', host: 'pc1', address: '10.0.0.11' },
    { kind: 'plain', mac: '02:00:00:00:00:02', host: null, address: '10.0.0.12' },
  ],
  sessionCount: 2,
  transfers: { tftp: 1 },
  disks: [{ what: 'state', path: '/var/lib/fogd', ...space }],
  failures: [
    {
      ...{ service: 'tftp', event: 'file-stalled', outcome: 'failed', who: { ip: '10.0.0.9' } },
      ...{ reasons: ['the client fell \x1b[31msilent'], facts: { file: 'undionly.kpxe' } },
      ...{ at: AT, last: AT, count: 1 },
    },
  ],
};

describe('status screen', () => {
  it('shows on one screen what runs, who is served, the disks, and what failed; nothing steers the terminal', () => {
    const lines = statusScreen(status, 80);
    expect(lines).toEqual([
      `fogd 1.2.3, running since ${time(AT)}`,
      '',
      'http  running  listening on port 80/tcp',
      'dhcp  failed   port 67/udp is held by dnsmasq: stop it',
      '',
      'machines: 3 at work, 1 waiting, 9 ordered, 2 boot sessions, 1 TFTP transfer',
      expect.stringMatching(/^ {2}pc1 Deploy win11 \[#+-+\] {2}33\.3 % 5\.32GB\/min, 00:02:00 left$/),
      '  and 2 more',
      '  02:00:00:00:00:02  plain  10.0.0.12',
      '',
      'disk of state and images  500.0 GB of 1.0 TB free  /var/lib/fogd',
      '',
      'what failed last:',
      expect.stringMatching(/^ {2}\S+ \S+ {2}10\.0\.0\.9 {2}.*undionly\.kpxe.*fell \?\[31msilent$/),
    ]);
    expect(lines[6]?.length).toBeLessThanOrEqual(80);
  });

  it('keeps the last failures, a flood of one as one', () => {
    const failures = new Failures();
    const [record] = status.failures;
    if (!record) throw new Error('no record');
    failures.add({ ...record, outcome: 'answered' });
    for (let count = 1; count <= 3; count++) failures.add({ ...record, last: AT + count, count });
    expect(failures.list()).toMatchObject([{ count: 3 }]);
    for (let n = 0; n < 100; n++) failures.add({ ...record, at: AT + n });
    expect(failures.list()).toHaveLength(50);
  });
});

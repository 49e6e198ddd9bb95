import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FogdUnderTest } from '../../lab/fogd.js';
import { udhcpcOnce } from '../../lab/foreign-programs.js';
import { LabNetwork } from '../../lab/network.js';
import { command, mustRun } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

const CLIENTS = 1000;
const SIZE = 200_000;

let network: LabNetwork;
let fogd: FogdUnderTest;

beforeAll(async () => {
  network = await LabNetwork.create();
  const served = join(network.folder, 'served');
  mkdirSync(served);
  writeFileSync(join(served, 'boot.efi'), randomBytes(SIZE));
  fogd = await FogdUnderTest.start({
    network,
    folder: network.folder,
    settings: {
      boot: { file_folders: [served] },
      dhcp: {
        mode: 'server',
        interfaces: ['eth0'],
        subnets: [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'] }],
      },
      nfs: { enabled: false },
      log: { level: 'warn' },
    },
  });
});

afterAll(() => network.close());

// The figures are in bench/README.md, the mechanism in the tests of turns.ts and request-desk.ts; here the whole daemon is at work.
it('a thousand machines within a second have their file, and HTTP and DHCP answer meanwhile', async () => {
  const [machines, web, late] = [
    await network.addHost('machines', { address: 10 }),
    await network.addHost('web', { address: 11 }),
    await network.addHost('late'),
  ];
  const program = (name: string): string[] => [process.execPath, inRepository('dist', 'bench', name)];
  const storm = mustRun(
    [...program('tftp-clients.js'), '10.77.0.1', 'boot.efi', ...[SIZE, CLIENTS, 1, 1000].map(String)],
    { namespace: machines.namespace },
  );
  const asking = mustRun(
    [...program('latency.js'), 'http://10.77.0.1/fog/service/getversion.php', '', '50', '2'],
    { namespace: web.namespace },
  );
  const lease = await command(udhcpcOnce('/bin/true'), { namespace: late.namespace });
  expect(lease.code, lease.stderr).toBe(0);
  const fetched = JSON.parse(await storm) as { failed: number; seconds: number };
  expect(fetched.failed).toBe(0);
  // Measured by the storm itself, which takes as much longer as the machine is busy: nobody waited for its end.
  expect(Number(JSON.parse(await asking).max)).toBeLessThan((1000 * fetched.seconds) / 2);
  await fogd.stop();
  const [sent] = fogd.select<{ count: number; bytes: number }>(
    "SELECT count(*) AS count, sum(json_extract(facts, '$.bytes')) AS bytes FROM trace WHERE event = 'file-sent'",
  );
  expect(sent).toEqual({ count: CLIENTS, bytes: CLIENTS * SIZE });
});

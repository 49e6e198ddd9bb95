import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#daemon/clock.js';
import type { Lease } from '#services/dhcp/lease.js';
import { LeaseRepository } from '#store/leases.js';
import { Store } from '#store/store.js';

let folder: string;
let store: Store;
let syncs: number;

const open = () =>
  Store.open({
    file: join(folder, 'fogd.db'),
    clock: systemClock,
    onWarning: (reason) => {
      throw new Error(reason);
    },
    syncFile: async (wal) => {
      syncs += 1;
      await wal.datasync();
    },
  });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-leases-'));
  syncs = 0;
  store = await open();
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const LEASE: Lease = {
  address: 0xc0a80105,
  mac: '52:54:00:77:00:01',
  clientId: undefined,
  hostname: undefined,
  state: 'bound',
  grantedAt: 1_800_000_000_000,
  expiresAt: 1_800_003_600_000,
};

test('what was saved is loaded after a restart, oldest grant first', async () => {
  const named: Lease = {
    ...LEASE,
    address: 0x0a000001,
    clientId: 'ff0001',
    hostname: 'pc-01',
    grantedAt: LEASE.grantedAt + 1,
  };
  const first: Lease = { ...LEASE, address: 0xffffff01, state: 'declined', grantedAt: 5 };
  await new LeaseRepository(store).save([named, LEASE, first]);
  await store.close();
  store = await open();
  expect(new LeaseRepository(store).load()).toEqual([first, LEASE, named]);
});

test('an address has one row: the last one saved', async () => {
  const repository = new LeaseRepository(store);
  await repository.save([LEASE]);
  const taken: Lease = {
    ...LEASE,
    mac: '52:54:00:77:00:02',
    hostname: 'pc-02',
    grantedAt: LEASE.grantedAt + 5,
  };
  await repository.save([taken]);
  expect(repository.load()).toEqual([taken]);
});

test('saves that overlap share their trips to the disk', async () => {
  const repository = new LeaseRepository(store);
  syncs = 0;
  await Promise.all(Array.from({ length: 50 }, (_, n) => repository.save([{ ...LEASE, address: n }])));
  expect(repository.load()).toHaveLength(50);
  expect(syncs).toBeLessThan(10);
});

import { request } from 'node:http';
import { join } from 'node:path';
import { makeWorld } from '../test/unit/services/http/world.js';
import { macOf } from './site.js';

/**
 * Lists of the API at a large site: 20,000 hosts with inventory, 60,000 tasks, 20,000 leases, 100,000 records of the trace, over the control
 * socket, store and HTTP included. Goal: 50 of 20,000 hosts in less than 10 ms. Prints median and the slowest of 50 in milliseconds.
 */
const HOSTS = 20_000;
const TIMES = 50;

const world = await makeWorld();
try {
  const { store } = world;
  const { hosts, inventory, tasks, groups } = world.context;
  const at = Date.now();
  const reported = { sysman: 'Dell Inc.', sysproduct: 'OptiPlex 7010', sysserial: 'x'.repeat(200) };
  await store.commit(() => {
    groups.add({ name: 'room', description: '', createdAt: at, createdBy: 'bench' });
    for (let number = 0; number < HOSTS; number++) {
      const name = `lab-${number}`;
      const { id } = hosts.add({
        ...{ name, description: 'in a room', createdAt: at + number, createdBy: 'bench' },
        macs: [macOf(number), macOf(number + HOSTS)],
      });
      inventory.saveReported(id, reported, at);
      if (number % 40 === 0) groups.join(1, id);
      for (let time = 0; time < 3; time++) {
        const task = tasks.add(
          { typeId: 10, hostId: id },
          { state: 1, at: at + time, actor: 'bench', reason: 'created' },
        );
        if (time < 2 || number % 20 > 0) tasks.move(task, { state: 4, at, actor: 'fos', reason: 'done' });
      }
    }
    const lease = store.prepare(
      "INSERT INTO dhcp_leases (address, mac, state, granted_at, expires_at) VALUES (?, ?, 'bound', ?, ?)",
    );
    for (let number = 0; number < HOSTS; number++)
      lease.run(`10.0.${number >> 8}.${number & 255}`, macOf(number), at, world.clock.now() + 1_000_000);
    const trace = store.prepare(
      "INSERT INTO trace (at, last, count, service, event, outcome, mac, reasons, facts) VALUES (?, ?, 1, 'dhcp', 'discover', 'ignored', ?, '[]', '{}')",
    );
    for (let number = 0; number < 100_000; number++) trace.run(at, at, macOf(number % HOSTS));
  });
  const socketPath = join(world.images, '..', 'fogd.sock');
  await world.api.listen({ path: socketPath });
  const get = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const call = request({ socketPath, path: `/api/v1${path}` }, (response) => {
        let body = '';
        response.on('data', (part: Buffer) => {
          body += part.toString();
        });
        response.on('end', () => resolve(body));
      });
      call.on('error', reject);
      call.end();
    });
  for (const path of [
    '/hosts?limit=50',
    '/hosts?limit=50&offset=19900',
    '/hosts?limit=50&sort=-createdAt',
    '/hosts?limit=50&q=lab-1999',
    '/hosts?limit=50&group=room',
    '/hosts?limit=1000',
    '/tasks?limit=50',
    '/tasks?active=true&limit=50',
    '/leases?limit=50',
    '/leases?limit=50&sort=-grantedAt',
    '/trace?limit=50',
    '/trace?limit=50&q=00:4e:1f',
  ]) {
    const took: number[] = [];
    let total = 0;
    for (let time = 0; time < TIMES; time++) {
      const begin = performance.now();
      const body = await get(path);
      took.push(performance.now() - begin);
      total = (JSON.parse(body) as { total: number }).total;
    }
    took.sort((a, b) => a - b);
    const [median = 0, last = 0] = [took[TIMES >> 1], took[TIMES - 1]];
    process.stdout.write(
      `${path.padEnd(36)} of ${String(total).padEnd(6)} ${median.toFixed(1).padStart(7)} ${last.toFixed(1).padStart(7)}\n`,
    );
  }
} finally {
  await world.close();
}

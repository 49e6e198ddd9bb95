import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { tokenHash } from '#actions/offer-session.js';
import { systemClock } from '#daemon/clock.js';
import { HostRepository } from '#store/hosts.js';
import { ImageRepository } from '#store/images.js';
import { SessionRepository } from '#store/sessions.js';
import { Store } from '#store/store.js';
import { TaskRepository } from '#store/tasks.js';
import { FogdUnderTest } from '../test/lab/fogd.js';
import type { LabNetwork } from '../test/lab/network.js';
import { mustRun } from '../test/lab/process.js';
import { writeSmallImage } from '../test/unit/services/http/small-image.js';

/** A large site: hosts of which some are ordered a deploy and were given their boot script. */
export interface Site {
  readonly hosts: number;
  readonly tasks: number;
  /** Deploys at a time. */
  readonly slots: number;
}

export function macOf(number: number): string {
  return `02:00:${Buffer.from([number >> 24, number >> 16, number >> 8, number])
    .toString('hex')
    .replaceAll(/..(?=.)/g, '$&:')}`;
}

/** The token of a host's boot session. */
export function tokenOf(number: number): string {
  return createHash('sha256').update(`bench ${number}`).digest('hex').slice(0, 32);
}

/** Writes the site into a state folder that no fogd uses, and its one image. Host n has `macOf(n)`; the first `tasks` have a task. */
async function writeSite(
  state: string,
  images: string,
  { hosts, tasks }: Omit<Site, 'slots'>,
): Promise<void> {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  writeSmallImage(join(images, 'base'));
  const store = await Store.open({
    file: join(state, 'fogd.sqlite'),
    clock: systemClock,
    onWarning: () => undefined,
  });
  const repositories = {
    hosts: new HostRepository(store),
    images: new ImageRepository(store),
    tasks: new TaskRepository(store),
    sessions: new SessionRepository(store),
  };
  const at = Date.now();
  await store.commit(() => {
    const image = repositories.images.add({
      name: 'base',
      path: 'base',
      type: 'mps',
      osId: 50,
      format: 3,
      compress: null,
      protected: false,
      createdAt: at,
      createdBy: 'bench',
    });
    repositories.images.captured(image.id, at, 1_048_576, 1_048_576);
    for (let number = 0; number < hosts; number++) {
      const mac = macOf(number);
      const host = repositories.hosts.add({
        name: `pc-${number}`,
        description: '',
        macs: [mac],
        createdAt: at,
        createdBy: 'bench',
      });
      if (number >= tasks) continue;
      const taskId = repositories.tasks.add(
        { typeId: 1, hostId: host.id, imageId: image.id, nodeId: 1 },
        { state: 1, at, actor: 'bench', reason: 'created' },
      );
      repositories.sessions.add({
        tokenHash: tokenHash(tokenOf(number)),
        kind: 'deploy',
        mac,
        hostId: host.id,
        taskId,
        serverIp: '10.77.0.1',
        createdAt: at,
      });
    }
  });
  await store.close();
}

/** A call of a machine. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'HEAD';
  readonly path: string;
  readonly body?: string;
}

export const post = (path: string, body: string): Request => ({ method: 'POST', path, body });
export const session = (number: number): string => `/fog/t/${tokenOf(number)}`;
export const base64 = (text: string): string => Buffer.from(`${text}\n`).toString('base64');
export const PROGRESS = base64('  1.16GB@00:00:02@00:00:00@86.93 MiB@400.00 MiB@ 86.76@419426304.000000');

/** The whole daemon with that site, in the network's server. */
export class RunningSite {
  private constructor(
    readonly fogd: FogdUnderTest,
    readonly namespace: string,
  ) {}

  /** `more`: settings besides those of the site. */
  static async start(
    network: LabNetwork,
    site: Site,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<RunningSite> {
    const images = join(network.folder, 'images');
    mkdirSync(join(images, '.fogd'), { recursive: true });
    await writeSite(join(network.folder, 'state-srv'), images, site);
    const fogd = await FogdUnderTest.start({
      network,
      folder: network.folder,
      settings: { images: { folder: images, reserve_mib: 0 }, tasks: { max_clients: site.slots }, ...more },
    });
    return new RunningSite(fogd, network.server.namespace);
  }

  async curl({ method, path, body }: Request): Promise<string> {
    const head = method === 'HEAD' ? ['-I', '-o', '/dev/null'] : [];
    const data = body === undefined ? [] : ['-d', body];
    const { namespace } = this;
    return mustRun(['curl', '-gsS', ...head, ...data, `http://127.0.0.1${path}`], { namespace });
  }

  /** FOS of these machines starts and checks in. */
  async checkIn(numbers: readonly number[], answer: '##@GO' | 'before me'): Promise<void> {
    for (const number of numbers) {
      await this.curl({ method: 'HEAD', path: `${session(number)}//index.php` });
      const body = await this.curl(
        post(`${session(number)}/service/Pre_Stage1.php`, `mac=${macOf(number)}&type=down`),
      );
      // A refusal is fast: it would be measured in place of the answer that is meant.
      if (!body.includes(answer)) throw new Error(body);
    }
  }
}

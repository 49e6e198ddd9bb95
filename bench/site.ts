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
import { writeSmallImage } from '../test/unit/services/http/small-image.js';

/** A large site: hosts of which some are ordered a deploy and were given their boot script. */
export interface Site {
  readonly hosts: number;
  readonly tasks: number;
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
export async function writeSite(state: string, images: string, { hosts, tasks }: Site): Promise<void> {
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

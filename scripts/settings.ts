import { messageOf } from '#errors.js';
import { portPlan } from '#ports/plan.js';
import { loadSettings } from '#settings/load.js';

/**
 * What scripts/install-service wants to know of a settings file: `settings.js ports FILE` prints "PROTOCOL PORT SETTING" for each port,
 * `settings.js images FILE` the folder of the images if it is not in the state folder, `settings.js nfs FILE` who starts the NFS server.
 */
const [, , question, file] = process.argv;
try {
  const settings = loadSettings(file);
  const { nfs, images } = settings;
  const answers: Readonly<Record<string, () => readonly string[]>> = {
    // rpcbind is the distribution's, and the one that NFS needs. One port of a range stands for it.
    ports: () =>
      portPlan(settings).flatMap(({ protocol, holder, to, toPorts, fromPorts, setting }) => {
        const ports = to === 'server' ? toPorts : fromPorts;
        return holder === undefined || holder === 'rpcbind' || ports === undefined
          ? []
          : [`${protocol} ${ports.first} ${setting}`];
      }),
    images: () => (images.folder === undefined ? [] : [images.folder]),
    nfs: () => [nfs.enabled && nfs.backend === 'ganesha' ? nfs.start : 'off'],
  };
  const answer = answers[question ?? ''];
  if (!answer) throw new Error('usage: settings.js ports|images|nfs FILE');
  for (const line of answer()) process.stdout.write(`${line}\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

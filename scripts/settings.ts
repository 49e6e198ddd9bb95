import { messageOf } from '#errors.js';
import { loadSettings } from '#settings/load.js';

/**
 * What scripts/install-service wants to know of a settings file: `settings.js ports FILE` prints "PROTOCOL PORT SETTING" for each port,
 * `settings.js images FILE` the folder of the images if it is not in the state folder, `settings.js nfs FILE` who starts the NFS server.
 */
const [, , question, file] = process.argv;
try {
  const { http, tftp, nfs, dhcp, images } = loadSettings(file);
  const runsNfs = nfs.enabled && nfs.backend === 'ganesha';
  const answers: Readonly<Record<string, () => readonly string[]>> = {
    ports: () => [
      `tcp ${http.port} http.port`,
      ...(tftp.enabled ? ['udp 69 tftp.enabled'] : []),
      ...(dhcp.mode === 'off' ? [] : ['udp 67 dhcp.mode']),
      ...(dhcp.mode === 'proxy' ? ['udp 4011 dhcp.mode'] : []),
      ...(runsNfs ? [`tcp ${nfs.port} nfs.port`, `tcp ${nfs.mount_port} nfs.mount_port`] : []),
    ],
    images: () => (images.folder === undefined ? [] : [images.folder]),
    nfs: () => [runsNfs ? nfs.start : 'off'],
  };
  const answer = answers[question ?? ''];
  if (!answer) throw new Error('usage: settings.js ports|images|nfs FILE');
  for (const line of answer()) process.stdout.write(`${line}\n`);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

import { type Check, type Finding, fail, ok } from '../finding.js';

const PROGRAMS: ReadonlyArray<readonly [program: string, packages: string]> = [
  ['ganesha.nfsd', 'nfs-ganesha nfs-ganesha-vfs'],
  ['rpcbind', 'rpcbind'],
  ['dbus-daemon', 'dbus-daemon'],
  ['dbus-send', 'dbus-bin'],
];

/** The programs by which images are captured and deployed, and that machines find them. */
export const nfs: Check = async ({ settings, running, hasProgram }) => {
  const { enabled, backend, share } = settings.nfs;
  if (!enabled) return [ok('nfs.enabled is false: nothing is captured or deployed')];
  const missing: Finding[] = [];
  if (backend === 'ganesha')
    for (const [program, packages] of PROGRAMS)
      if (!(await hasProgram(program)))
        missing.push(fail(`${program} is not installed`, `apt-get install ${packages}`));
  if (missing.length > 0) return missing;
  const service = running?.services.find(({ name }) => name === 'nfs');
  // What it says was found out as a machine would: port mapper, MOUNT, NFS.
  if (service?.state === 'running') return [ok(`machines can mount: ${service.detail}`)];
  if (service)
    return [fail(`machines cannot mount: ${service.detail}`, service.remedy ?? 'look at: fogd status')];
  if (backend === 'external') return [ok(`${share} is asked while fogd runs`)];
  return [ok(`installed: ${PROGRAMS.map(([program]) => program).join(', ')}`)];
};

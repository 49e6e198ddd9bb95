import { externalShare } from '#domain/share.js';
import { one, type PlanSettings, type PortRow } from './row.js';

const PORT_MAPPER = one(111);
const NFS = one(2049);
/** Where MOUNT is by convention; Linux's own server is told so by `port=20048` under `[mountd]` in /etc/nfs.conf. */
const MOUNT = one(20048);

export function nfsRows({ nfs }: PlanSettings): PortRow[] {
  if (!nfs.enabled) return [];
  const common = {
    protocol: 'tcp',
    family: 'ipv4',
    reach: 'routed',
    isNeeded: true,
    when: 'while a machine is imaged',
  } as const;
  if (nfs.backend === 'external') {
    if (externalShare(nfs) === undefined) return [];
    const other = {
      ...common,
      from: ['machine', 'server'],
      to: 'nfs-host',
      when: 'while a machine is imaged; fogd looks every 15 seconds',
      setting: 'nfs.share',
    } as const;
    const byUdp = {
      ...other,
      protocol: 'udp',
      from: ['server'],
      why: 'fogd looks whether UDP works where that host says that it offers it',
      when: 'every 15 seconds',
    } as const;
    return [
      {
        ...other,
        name: 'nfs-host-port-mapper',
        toPorts: PORT_MAPPER,
        why: 'port mapper of the host with the images: where NFS and MOUNT are',
      },
      { ...other, name: 'nfs-host-mount', toPorts: MOUNT, why: 'MOUNT of the host with the images' },
      { ...other, name: 'nfs-host-nfs', toPorts: NFS, why: 'NFS of the host with the images' },
      { ...byUdp, name: 'nfs-host-port-mapper-udp', toPorts: PORT_MAPPER },
      { ...byUdp, name: 'nfs-host-mount-udp', toPorts: MOUNT },
    ];
  }
  const own = { ...common, from: ['machine'], to: 'server' } as const;
  return [
    {
      ...own,
      name: 'port-mapper',
      toPorts: PORT_MAPPER,
      holder: 'rpcbind',
      why: 'port mapper (rpcbind): where MOUNT and NFS are; the imaging environment asks by TCP',
      setting: 'nfs.enabled',
    },
    {
      ...own,
      name: 'port-mapper-udp',
      protocol: 'udp',
      toPorts: PORT_MAPPER,
      isNeeded: false,
      holder: 'rpcbind',
      why: 'port mapper for other NFSv3 clients; no machine of fogd asks by UDP',
      setting: 'nfs.enabled',
    },
    {
      ...own,
      name: 'mount',
      toPorts: one(nfs.mount_port),
      holder: 'ganesha.nfsd',
      why: 'MOUNT protocol of NFSv3: where images are mounted',
      setting: 'nfs.mount_port',
    },
    {
      ...own,
      name: 'nfs',
      toPorts: one(nfs.port),
      holder: 'ganesha.nfsd',
      why: 'NFS: images are read and written',
      setting: 'nfs.port',
    },
  ];
}

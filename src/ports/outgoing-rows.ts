import { externalShare } from '#domain/share.js';
import { isAddress } from '#settings/network.js';
import { one, type PlanSettings, type PortRow } from './row.js';

/** Network cards look at the content only. */
const DISCARD = one(9);
const DNS = one(53);
const HTTP = one(80);
const HTTPS = one(443);

/** What fogd asks of others, and what names need. It never asks for the time: that is the machine's own affair. */
export function outgoingRows({ server, nfs }: PlanSettings): PortRow[] {
  const common = { family: 'both', reach: 'routed', isNeeded: true } as const;
  const dns = { ...common, protocol: 'udp', to: 'dns', toPorts: DNS } as const;
  const download = {
    ...common,
    from: ['server'],
    isNeeded: false,
    when: 'fogd bootfile add URL',
    setting: '–',
  } as const;
  const web = {
    ...download,
    protocol: 'tcp',
    to: 'web',
    why: 'boot files from an address of the web',
  } as const;
  const rows: PortRow[] = [
    {
      ...common,
      name: 'wake-on-lan',
      protocol: 'udp',
      from: ['server'],
      to: 'machine',
      toPorts: DISCARD,
      family: 'ipv4',
      reach: 'link',
      why: 'wake on LAN, by broadcast into each network of the server',
      when: 'when a task is to turn a machine on',
      setting: '–',
    },
  ];
  if (server.hostname !== undefined)
    rows.push({
      ...dns,
      name: 'dns',
      from: ['machine'],
      why: 'DNS: machines are given the name of this server',
      when: 'from the boot loader on',
      setting: 'server.hostname',
    });
  const share = nfs.enabled ? externalShare(nfs) : undefined;
  if (share !== undefined && !isAddress(share.host))
    rows.push({
      ...dns,
      name: 'nfs-host-dns',
      from: ['machine', 'server'],
      why: 'DNS: nfs.share names its host',
      when: 'while a machine is imaged; fogd looks every 15 seconds',
      setting: 'nfs.share',
    });
  rows.push(
    { ...web, name: 'download-http', toPorts: HTTP },
    { ...web, name: 'download-https', toPorts: HTTPS },
    { ...dns, ...download, name: 'download-dns', why: 'DNS: the name in such an address' },
  );
  return rows;
}

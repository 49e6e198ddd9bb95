/** What machines ask of a server, each as one call of a foreign program that tells by its exit code whether it was answered. */
import { join } from 'node:path';
import { udhcpcOnce } from '../../lab/foreign-programs.js';

export interface Call {
  readonly name: string;
  readonly argv: readonly string[];
}

export interface CallTargets {
  readonly ipv4: string;
  readonly ipv6: string;
  /** A file that the server has by TFTP. */
  readonly file: string;
  /** `host/path` of an NFS export, IPv4. */
  readonly share: string;
  /** Hardware address and own address of the caller. */
  readonly mac: string;
  readonly address: string;
}

const quietly = ['-sSf', '-o', '/dev/null'];

export function machineCalls({ ipv4, ipv6, file, share, mac, address }: CallTargets): Call[] {
  const bootScript = (scheme: string, host: string) =>
    // -k: whose certificate it is does not matter here.
    ['curl', '-k', ...quietly, `${scheme}://${host}/fog/service/ipxe/boot.php?mac0=${mac}`];
  // Straight to the port (as RFC 5665 writes addresses), without asking the port mapper for it.
  const rpc = (program: string, port: number) => {
    const universal = `${ipv4}.${port >> 8}.${port & 255}`;
    return ['rpcinfo', '-a', universal, '-T', 'tcp', program, '3'];
  };
  const inform = [process.execPath, join(import.meta.dirname, 'inform.js'), mac, address];
  return [
    { name: 'dhcp', argv: udhcpcOnce('/bin/true') },
    { name: 'inform', argv: inform },
    { name: 'tftp', argv: ['curl', ...quietly, `tftp://${ipv4}/${file}`] },
    { name: 'tftp6', argv: ['curl', ...quietly, `tftp://[${ipv6}]/${file}`] },
    { name: 'http', argv: bootScript('http', ipv4) },
    { name: 'https', argv: bootScript('https', ipv4) },
    { name: 'http6', argv: bootScript('http', `[${ipv6}]`) },
    { name: 'https6', argv: bootScript('https', `[${ipv6}]`) },
    { name: 'port-mapper', argv: ['rpcinfo', '-p', ipv4] },
    { name: 'mount', argv: rpc('100005', 20048) },
    { name: 'nfs', argv: rpc('100003', 2049) },
    { name: 'share', argv: ['nfs-ls', `nfs://${share}?version=3`] },
  ];
}

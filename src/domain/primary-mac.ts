/** Makers of adapters that are no machine's own: of virtual machines and their hosts (VMware, VirtualBox, Hyper-V, Parallels, Xen). */
const VIRTUAL = [
  '00:50:56',
  '00:0c:29',
  '00:05:69',
  '00:1c:14',
  '08:00:27',
  '00:15:5d',
  '00:1c:42',
  '00:16:3e',
];

/**
 * Which of the adapters that a running system lists stands for the machine: the first whose address its maker gave it. VPNs, bridges and
 * Wi-Fi with a random address have local ones; a virtual machine has nothing better than the first.
 */
export function choosePrimaryMac(macs: readonly string[]): string | undefined {
  return (
    macs.find((mac) => !isLocal(mac) && !VIRTUAL.some((maker) => mac.startsWith(maker))) ??
    macs.find((mac) => !isLocal(mac)) ??
    macs[0]
  );
}

/** Bit 2 of the first byte: given by software (IEEE 802). */
function isLocal(mac: string): boolean {
  return (Number.parseInt(mac.slice(0, 2), 16) & 2) !== 0;
}

/** A machine that fogd knows by name (FOG's host, data-model 2.1). */
export interface Host {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  /** Registered by a machine itself and not yet approved. */
  readonly pending: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly createdBy: string;
  readonly macs: readonly HostMac[];
  /** Overrides of the boot files and of the exit type; empty = the global ones. */
  readonly kernel: string;
  readonly init: string;
  readonly kernelArgs: string;
  readonly biosExit: string;
  readonly efiExit: string;
  /** The image that its tasks use unless told otherwise. */
  readonly imageId: number | null;
  /** Last completed deploy, milliseconds since the epoch. */
  readonly deployedAt: number | null;
  /** FOG's primary disk (`fdrive=`): a device, a size in bytes, a serial number or a WWN; empty = the first disk. */
  readonly disk: string;
  /** Of Windows; never sent to a boot prompt. */
  readonly productKey: string;
}

export interface HostMac {
  readonly mac: string;
  readonly primary: boolean;
  readonly pending: boolean;
  /** Not used at network boot and imaging, e.g. a shared USB adapter. */
  readonly imageIgnore: boolean;
  /** Not used to recognise the machine's FOG Client. */
  readonly clientIgnore: boolean;
}

/** The MAC that stands for the host; every host has one. */
export function primaryMac(host: Host): string {
  return host.macs.find((entry) => entry.primary)?.mac ?? host.macs[0]?.mac ?? '';
}

/** MACs by which a booting machine may be recognised as this host. */
export function bootMacs(host: Host): string[] {
  return host.macs.filter((entry) => !entry.pending && !entry.imageIgnore).map((entry) => entry.mac);
}

/** MACs by which the FOG Client of this host may be recognised. */
export function clientMacs(host: Host): string[] {
  return host.macs.filter((entry) => !entry.pending && !entry.clientIgnore).map((entry) => entry.mac);
}

/** MACs to which magic packets for this host go (data-model 5.10): a pending one may be another machine's. */
export function wakeMacs(host: Host): string[] {
  return host.macs.filter((entry) => !entry.pending).map((entry) => entry.mac);
}

/** Windows' own form of a product key. */
export function isProductKey(text: string): boolean {
  return /^[A-Za-z0-9]{5}(-[A-Za-z0-9]{5}){4}$/.test(text);
}

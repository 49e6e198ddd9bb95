import type { Settings } from '#settings/schema.js';

/** `relay`: a router or switch that passes DHCP on (helper address). `nfs-host`: the other server of `nfs.share`. `web`: any web server. */
export type Party = 'machine' | 'relay' | 'admin' | 'server' | 'nfs-host' | 'dns' | 'web';

/** Both ends included. */
export interface Ports {
  readonly first: number;
  readonly last: number;
}

/** Programs on fogd's own machine that listen. */
export type Holder = 'fogd' | 'rpcbind' | 'ganesha.nfsd';

export interface PortRow {
  /** For programs; never changes. */
  readonly name: string;
  readonly protocol: 'udp' | 'tcp';
  /** Who sends the first packet. Answers go the way back. */
  readonly from: readonly Party[];
  /** Ports that it is sent from; absent: any. */
  readonly fromPorts?: Ports;
  readonly to: Party;
  /** Ports that it is sent to; absent: any. */
  readonly toPorts?: Ports;
  readonly family: 'ipv4' | 'both';
  /** `link`: only inside one network; no router passes it on, and none has to. */
  readonly reach: 'link' | 'routed';
  /** False: machines and fogd do without where a firewall drops it. */
  readonly isNeeded: boolean;
  /** Who listens on the server's end of it, all the time; absent: nobody. */
  readonly holder?: Holder;
  /** A firewall with a connection-tracking helper for TFTP lets it through by itself. */
  readonly byHelper?: true;
  /** Short: it also stands in rules, which have room for 128 characters. */
  readonly why: string;
  /** From when to when something goes over it. */
  readonly when: string;
  /** The setting that turns it on or names its port. */
  readonly setting: string;
}

/** What the plan depends on. */
export type PlanSettings = Pick<Settings, 'server' | 'http' | 'https' | 'tftp' | 'dhcp' | 'nfs'>;

/** A single port. */
export function one(port: number): Ports {
  return { first: port, last: port };
}

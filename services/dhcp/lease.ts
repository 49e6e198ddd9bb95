/** One address and whom it belongs to. Times in milliseconds since the epoch. */
export interface Lease {
  /** IPv4 address as number. */
  readonly address: number;
  /** Lower case with colons. */
  readonly mac: string;
  /** Client identifier in hex, where the machine is known by that and not by its MAC (`clientKey` in client.ts). */
  readonly clientId: string | undefined;
  /** Option 12 as the machine said it; a name, never a proof. */
  readonly hostname: string | undefined;
  /** `released` and expired leases stay: the machine gets its old address again unless another needed it. */
  readonly state: 'bound' | 'released' | 'declined';
  readonly grantedAt: number;
  readonly expiresAt: number;
}

/** Where leases outlive the process. An ACK leaves only after `save` has resolved: then the leases are durable. */
export interface LeaseStore {
  /** Every lease ever saved, the last state of each address, oldest grant first. */
  load(): Lease[];
  /** Rows are replaced by address. Calls may overlap; the store groups them. */
  save(leases: readonly Lease[]): Promise<void>;
}

/** What identifies the holder of a lease inside a subnet. */
export function leaseKey(lease: Pick<Lease, 'mac' | 'clientId'>): string {
  return lease.clientId ?? lease.mac;
}

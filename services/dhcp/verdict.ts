import type { BootUrls } from '#boot/architecture.js';
import type { Decision, Outcome, Party } from '#trace/decision.js';
import type { Client } from './client.js';
import type { CompiledDhcp } from './compile.js';
import type { LeaseEffect, LeaseView } from './leases.js';
import type { Link } from './link.js';
import type { Packet } from './packet.js';
import type { Given } from './rules.js';

/** Ports on which requests come in: DHCP, and the boot-server port of PXE. */
export const SERVER_PORT = 67;
export const CLIENT_PORT = 68;
export const BOOT_SERVER_PORT = 4011;

/** Everything beside the packet that an answer depends on. */
export interface Context {
  readonly settings: CompiledDhcp;
  readonly link: Link;
  readonly leases: LeaseView;
  /** The port it came in on. */
  readonly port: number;
  /** Where it came from. */
  readonly from: Endpoint;
  readonly urls: BootUrls;
  /** Name of the host that fogd knows a MAC as. */
  readonly hostOf: (mac: string) => string | undefined;
  /** Whether the machine's iPXE, started by PXE, gave the boot back to the firmware shortly before. */
  readonly hasLeftPxe: (mac: string) => boolean;
  /** Whether the boot-file store holds a file. */
  readonly hasFile: (name: string) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Endpoint {
  /** IPv4 address as number. */
  readonly address: number;
  readonly port: number;
}

export interface Reply {
  readonly packet: Packet;
  /** Bytes of a DHCP message that the machine takes. */
  readonly maxLength: number;
  readonly to: Endpoint;
}

/** What becomes of a packet: the record, the answer if there is one, and what happens to the lease table before it leaves. */
export interface Verdict {
  readonly event: string;
  readonly outcome: Outcome;
  readonly who: Party;
  readonly reasons: readonly string[];
  readonly facts: NonNullable<Decision['facts']>;
  /** Absent where nobody can be told: hardware addresses that name no machine. */
  readonly client?: Client;
  readonly reply?: Reply | undefined;
  readonly effect?: LeaseEffect | undefined;
  /** An offered address that was never given out: to be looked for on the wire before the answer leaves. */
  readonly probe?: number | undefined;
}

/** A request whose sender is known to be a machine; what the deciders work on. */
export interface Scene {
  readonly packet: Packet;
  readonly client: Client;
  readonly context: Context;
  /** What classes and entries of single machines give it. */
  readonly given: Given;
}

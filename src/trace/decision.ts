/**
 * The decision record (design section 3): one for every packet or request that fogd answers or ignores.
 * The same object goes to the log line, the trace table and the boot story.
 */

export type TraceService = 'dhcp' | 'tftp' | 'http' | 'fos' | 'client' | 'fogd';

/** What became of the packet or request. `failed` means fogd could not do what it wanted to. */
export type Outcome = 'answered' | 'ignored' | 'refused' | 'failed';

export interface Party {
  /** Lower case with colons. */
  readonly mac?: string;
  /** Dotted IPv4 or IPv6 text. */
  readonly ip?: string;
  /** Lower-case SMBIOS UUID. */
  readonly uuid?: string;
  /** Architecture in words: `BIOS`, `UEFI x64` … (boot/architecture.ts). */
  readonly arch?: string;
}

export interface Decision {
  readonly service: TraceService;
  /**
   * What it was, in the standard words of the field, kebab-case: `discover`, `offer`, `ack`, `file-requested`, `file-sent`,
   * `script-served`, `check-in`, `registered` … `trace/story.ts` turns them into sentences.
   */
  readonly event: string;
  readonly outcome: Outcome;
  readonly who: Party;
  /** All reasons, not just the first; empty when nothing needs explaining. */
  readonly reasons: readonly string[];
  /** Facts for the story: file, bytes, milliseconds, address … Never a secret, never a query string of boot.php. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** A decision with its time and, under a flood, how often it happened. */
export interface TraceRecord extends Decision {
  /** Milliseconds since the epoch, of the first occurrence. */
  readonly at: number;
  /** Time of the last occurrence; equals `at` unless `count` > 1. */
  readonly last: number;
  readonly count: number;
}

/** Where services hand in their decisions. Never throws and never delays an answer. */
export interface Recorder {
  record(decision: Decision): void;
}

import type { ModuleKey } from './client-module.js';

/** The FOG Client of a host, as far as fogd knows it. Times in milliseconds since the epoch. */
export interface ClientView {
  readonly host: string;
  /**
   * `unknown`: whoever comes first is trusted. `new`: it came once, and has not shown since that it is the same. `trusted`: it has shown it.
   * `pending`: the host waits for approval, and its client is served nothing.
   */
  readonly trust: 'pending' | 'unknown' | 'new' | 'trusted';
  readonly trustedSince: number | null;
  readonly handshakeAt: number | null;
  readonly handshakeFrom: string | null;
  /** Of the last handshake since fogd started; null where it was good. Anybody may have made it. */
  readonly refusal: { readonly at: number; readonly from: string; readonly reason: string } | null;
  readonly sessionUntil: number | null;
  readonly contactAt: number | null;
  readonly contactFrom: string | null;
  /** What its behaviour says of its version: no call names it. */
  readonly versionLine: string | null;
  readonly modules: ReadonlyArray<{
    readonly module: ModuleKey;
    /** `absent`: this fogd has nothing to tell it. */
    readonly state: 'on' | 'off everywhere' | 'off for this host' | 'absent';
  }>;
  /** What it was told at its last poll since fogd started, without secrets. */
  readonly told: Readonly<Record<string, unknown>> | null;
}

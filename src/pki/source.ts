import type { Health } from '#daemon/service.js';
import type { Pair } from './pair.js';

/** Where the HTTPS listener has its certificate from. */
export interface CertificateSource {
  /** Calls `use` now, where there is one, and whenever it changes, until the returned function is called. */
  follow(use: (pair: Pair) => void): () => void;
  /** What is used, or what is wrong with it; half a sentence for the status. */
  certificateHealth(): Health;
}

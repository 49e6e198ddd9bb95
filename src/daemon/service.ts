import type { FogdError } from '#errors.js';

/** What a service says of itself. `detail` is one line for `fogd status`. */
export interface Health {
  readonly state: 'ok' | 'degraded' | 'off';
  readonly detail: string;
}

/**
 * Something that owns sockets, files or child processes and that the supervisor starts, restarts and stops.
 *
 * `start` resolves when the service answers; it rejects with an error of the catalogue that names the remedy.
 * `fail` reports a failure after that: the supervisor stops the service and starts it again with backoff.
 * `stop` drains: what runs finishes or is told. It is called once per successful or failed `start`.
 */
export interface Service {
  readonly name: string;
  start(fail: (error: FogdError) => void): Promise<void>;
  stop(): Promise<void>;
  health(): Health;
}

import type { Context } from '#actions/context.js';
import type { BootServer } from '#boot/server.js';
import type { ModuleKey } from '#domain/client-module.js';
import type { Host } from '#domain/host.js';
import type { PollFacts } from './poll-facts.js';

export interface Poll extends PollFacts {
  readonly host: Host;
  /** From where it polls. */
  readonly address: string;
  /** As this client reaches it. */
  readonly server: BootServer;
  /** Of its session: nobody else has it. */
  readonly key: Buffer;
}

/** One object of JSON. Its types must be exactly those of spec client-protocol 3.5: one wrong one, and the client leaves the module out. */
export type ModuleAnswer = Readonly<Record<string, unknown>>;

/** A part of FOG Client and what it is told at each poll: one file of this folder, one line in `index.ts`. */
export interface ClientModule {
  readonly key: ModuleKey;
  /**
   * Only called where the module is on, and the answer only sent sealed; what the protocol wants consumed by being sent is consumed here.
   * What it throws is told to the client as `er`, and costs the other modules nothing.
   */
  readonly tell: (context: Context, poll: Poll) => ModuleAnswer | Promise<ModuleAnswer>;
  /** Fields that nobody is shown afterwards. */
  readonly secrets?: readonly string[];
}

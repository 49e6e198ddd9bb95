/**
 * The error type of the house. Every error a person can meet is declared in the catalogue of the room
 * that raises it (`errors.ts` beside the code) with a code, what happened to which thing, and what to do.
 */

/** Names between braces in a message template, as the facts a caller must supply. */
type Facts<T extends string> = T extends `${string}{${infer K}}${infer Rest}` ? K | Facts<Rest> : never;

export interface ErrorSpec {
  /** What happened, to which thing; `{name}` is filled from the facts. */
  readonly message: string;
  /** What the reader should do now; may use the same facts. */
  readonly remedy: string;
  /** HTTP status, where an HTTP answer can carry this error. */
  readonly status?: number;
}

type FactsOf<S extends ErrorSpec> = Record<Facts<S['message']> | Facts<S['remedy']>, string | number>;

/** An error with a code from the catalogue. `message` never holds a secret or a stack. */
export class FogdError extends Error {
  override readonly name = 'FogdError';
  constructor(
    readonly code: string,
    message: string,
    readonly remedy: string,
    readonly status: number,
    readonly facts: Readonly<Record<string, string | number>>,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }

  /** One line for a person: what happened, then what to do. */
  get line(): string {
    return `${this.message}: ${this.remedy}`;
  }
}

type Raise<S extends ErrorSpec> = (facts: FactsOf<S>, cause?: unknown) => FogdError;

export type ErrorTable<T extends Record<string, ErrorSpec>> = { readonly [K in keyof T]: Raise<T[K]> } & {
  readonly specs: T;
};

/** Declares a room's errors: one function per code that builds the error from its facts. */
export function defineErrors<const T extends Record<string, ErrorSpec>>(specs: T): ErrorTable<T> {
  const raisers: Record<string, unknown> = { specs };
  for (const [code, spec] of Object.entries(specs)) {
    raisers[code] = (facts: Record<string, string | number>, cause?: unknown) =>
      new FogdError(
        code,
        fill(spec.message, facts),
        fill(spec.remedy, facts),
        spec.status ?? 500,
        facts,
        cause,
      );
  }
  return raisers as ErrorTable<T>;
}

function fill(template: string, facts: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? `{${name}}`));
}

/** The text of anything thrown, for a log line or a reason; never a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof FogdError) return error.line;
  return error instanceof Error ? error.message : String(error);
}

/** The errno name of a system error (`EADDRINUSE`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { converse } from '#daemon/child.js';
import type { ImageShape } from './image-shape.js';
import type { Verdict } from './verify-image.js';
import type { VerifyLine } from './verify-process.js';

const PROGRAM = fileURLToPath(new URL('verify-process.js', import.meta.url));
/** Behind everything else that wants the processor or the disk. */
const LOW_PRIORITY = ['nice', '-n', '19', 'ionice', '-c', '3'];

export interface Verification {
  readonly verdict: Promise<Verdict>;
  /** Ends it; the verdict rejects then. */
  stop(): void;
}

/** Starts to verify a generation in a process of its own. The verdict rejects when it could not be found out. */
export async function startVerification(
  folder: string,
  shape: ImageShape,
  progress: (done: number, total: number) => void,
): Promise<Verification> {
  const child = await converse([...LOW_PRIORITY, process.execPath, PROGRAM, folder, JSON.stringify(shape)]);
  const read = async (): Promise<Verdict> => {
    let last: VerifyLine | undefined;
    for await (const line of createInterface({ input: child.output })) {
      last = JSON.parse(line) as VerifyLine;
      if (last.kind === 'progress') progress(last.done, last.total);
    }
    const { code, signal } = await child.exited;
    if (last && last.kind !== 'progress' && last.kind !== 'failed') return last;
    const said = last?.kind === 'failed' ? last.reason : child.errors().trim().slice(-300);
    throw new Error(said || `the process that verifies was ended (${signal ?? code})`);
  };
  return { verdict: read(), stop: () => child.kill('SIGKILL') };
}

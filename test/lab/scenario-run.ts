/** Runs one scenario: its lab, its time limit, what is kept when it fails. */
import { copyFileSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { within } from './process.js';
import { inRepository } from './repository.js';
import { Lab, type Scenario } from './scenario.js';

/** Where this run's failed scenarios are kept. */
export function runFolder(): string {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').slice(0, 15);
  return inRepository('var', 'lab', `${stamp}-${process.pid}`);
}

export interface RunOptions {
  /** The scenario's own folder is made in it. */
  readonly runFolder: string;
  /** Gets each line that the scenario tells. */
  readonly print: (line: string) => void;
  /** Keep the folder of a scenario that passed, too. */
  readonly keep?: boolean;
}

/** Resolves when the scenario passed. Otherwise throws an error that names the folder with what is left of it. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<void> {
  const folder = join(options.runFolder, scenario.name);
  const lab = await Lab.open(folder, options.print);
  try {
    const limit = scenario.timeoutSeconds * 1000;
    await within(scenario.run(lab), limit, `${scenario.name} was not done`);
    await lab.finish();
  } catch (error) {
    await keepEvidence(lab, error);
    await lab.close();
    throw new Error(`${describe(error)}\nkept in ${folder}`, { cause: error });
  }
  await lab.close();
  if (!options.keep) rmSync(folder, { recursive: true, force: true });
}

/** Serial logs, daemon log, settings and pcap are in the folder already; this adds the rest. */
async function keepEvidence(lab: Lab, error: unknown): Promise<void> {
  writeFileSync(join(lab.folder, 'failure.txt'), `${describe(error)}\n`);
  const steps: [string, () => Promise<void> | void][] = [
    ['the screens', () => writeScreens(lab)],
    ['the boot story', async () => await lab.finish()],
    ['the store', () => copyStore(lab)],
    ['the capture', () => lab.capture.stop()],
  ];
  for (const [what, save] of steps) {
    try {
      await save();
    } catch (problem) {
      // The first failure is the one that counts; this one only means less evidence.
      lab.step(`could not keep ${what}: ${describe(problem)}`);
    }
  }
}

function writeScreens(lab: Lab): void {
  for (const { name, screen } of lab.pcs) {
    writeFileSync(join(lab.folder, `${name}.screen.txt`), `${screen.snapshot()}\n`);
  }
}

function copyStore(lab: Lab): void {
  const store = lab.fogd && join(lab.fogd.state, 'fogd.sqlite');
  if (store && existsSync(store)) copyFileSync(store, join(lab.folder, 'fogd.sqlite'));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

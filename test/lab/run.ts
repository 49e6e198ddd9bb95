/**
 * The lab's command: `run.js --list`, `run.js SCENARIO...`, `run.js --all`; `--jobs 2` runs two at a time,
 * `--keep` keeps the folders of scenarios that passed.
 */
import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { inRepository } from './repository.js';
import { missingRequirements } from './requirements.js';
import type { Scenario } from './scenario.js';
import { runFolder, runScenario } from './scenario-run.js';
import { scenarios } from './scenarios.js';
import { sweep } from './sweep.js';

const USAGE = 'usage: npm run lab -- --list | --all | SCENARIO... [--jobs N] [--keep]';

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      jobs: { type: 'string', default: '1' },
    },
  });
  if (values.list) {
    for (const { name, title } of scenarios) print(`${name.padEnd(24)} ${title}`);
    return 0;
  }
  const chosen = values.all ? scenarios : scenarios.filter(({ name }) => positionals.includes(name));
  const unknown = positionals.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  const jobs = Number(values.jobs);
  if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')}; --list shows them all`);
  if (chosen.length === 0 || !Number.isInteger(jobs) || jobs < 1) throw new Error(USAGE);

  const missing = await missingRequirements(chosen.flatMap(({ needs }) => needs));
  if (missing.length > 0) throw new Error(`the lab cannot run:\n  ${missing.join('\n  ')}`);
  const swept = await sweep();
  const left = [`${swept.processes} processes`, ...swept.namespaces, ...swept.folders];
  if (left.length > 1 || swept.processes > 0) print(`removed what a killed run left: ${left.join(', ')}`);

  const failed = await runAll(chosen, jobs, values.keep);
  const report = { numPassedTests: chosen.length - failed, numFailedTests: failed };
  const file = inRepository('var', 'test', 'lab.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report)}\n`);
  print(`${report.numPassedTests} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** Runs them with so many workers; returns how many failed. */
async function runAll(chosen: readonly Scenario[], jobs: number, keep: boolean): Promise<number> {
  const queue = [...chosen];
  const folder = runFolder();
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let scenario = queue.shift(); scenario; scenario = queue.shift()) {
      const { name, title } = scenario;
      // Side by side, each line says whose it is.
      const prefix = jobs > 1 ? `[${name}] ` : '';
      const tell = (text: string): void => {
        for (const line of text.split('\n')) print(`${prefix}${line}`);
      };
      tell(`${name}: ${title}`);
      const started = Date.now();
      const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;
      try {
        await runScenario(scenario, { runFolder: folder, print: tell, keep });
        tell(`PASSED ${name} (${seconds()})`);
      } catch (error) {
        failed += 1;
        tell(`FAILED ${name} (${seconds()}): ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
  return failed;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`lab: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

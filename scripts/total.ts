import { readFileSync } from 'node:fs';
import { matrixText, readMatrix } from '../test/lab/tftp-matrix.js';

/** Adds up the JSON reports of the test runs and prints the one line that says how all of `npm test` went; before it the matrix of TFTP clients. */
let passed = 0;
let failed = 0;
for (const file of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(file, 'utf8')) as { numPassedTests: number; numFailedTests: number };
  passed += report.numPassedTests;
  failed += report.numFailedTests;
}
const { text, missing } = matrixText(readMatrix());
process.stdout.write(`${text}\n`);
failed += missing.length;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (failed > 0 || passed === 0) process.exitCode = 1;

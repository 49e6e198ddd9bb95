import { writeFileSync } from 'node:fs';
import { cliPage } from '#cli/page.js';
import { createProgram } from '#cli/program.js';
import { errorPage } from '#error-catalogue.js';
import { metricsPage } from '#metrics/list.js';
import { portsPage } from '#ports/page.js';
import { exampleFile, referencePage } from '#settings/render.js';

/** npm run generate: writes every file that is made from the code. A unit test fails when one of them is out of step. */
const root = new URL('../../', import.meta.url);
export const generated: Readonly<Record<string, () => string>> = {
  'config/fogd.toml': exampleFile,
  'docs/reference/settings.md': referencePage,
  'docs/reference/cli.md': () => cliPage(createProgram()),
  'docs/reference/errors.md': errorPage,
  'docs/reference/ports.md': portsPage,
  'docs/reference/metrics.md': metricsPage,
};

if (process.argv[1]?.endsWith('generate.js')) {
  for (const [file, make] of Object.entries(generated)) writeFileSync(new URL(file, root), make());
}

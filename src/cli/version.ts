import { readFileSync } from 'node:fs';

/** Root of the installed package: this file is compiled to `dist/src/cli/`. */
export const packageRoot = new URL('../../../', import.meta.url);

export const version = String(
  (JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: unknown }).version,
);

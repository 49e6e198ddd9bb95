import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

/** The repository, seen from compiled tests in `dist/test/unit/`. */
export const repository = new URL('../../../', import.meta.url);

/**
 * Compares generated text with a committed file. `UPDATE_GOLDENS=1 npm run check` rewrites the files: read the difference before you commit.
 */
export function expectGolden(path: string, actual: string): void {
  const file = fileURLToPath(new URL(path, repository));
  if (process.env.UPDATE_GOLDENS === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
  }
  expect(actual).toBe(readFileSync(file, 'utf8'));
}

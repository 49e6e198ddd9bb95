/** Where the repository is, from compiled code (dist/test/lab) as from source (test/lab). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

function findRoot(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string };
    if (name === 'fogd') return folder;
  }
  throw new Error(`no package.json of fogd above ${import.meta.dirname}`);
}

export const repositoryRoot = findRoot();

export function inRepository(...parts: string[]): string {
  return join(repositoryRoot, ...parts);
}

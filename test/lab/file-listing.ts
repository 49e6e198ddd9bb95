/**
 * What is in a folder, as facts that must survive an image: printed as JSON by `node file-listing.js FOLDER`. A program of its own, since
 * the folder is a mount that only one short-lived process can see (`volumes.ts`).
 */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * Facts by path below the folder. A file is `file SIZE SHA-256`, with the first of its other names when it has several; a link is
 * `link TARGET`; a folder is `folder`; anything else `other`.
 */
export type Listing = Readonly<Record<string, string>>;

/** What file systems and Windows make by themselves; nobody's content. */
const OWN = new Set(['lost+found', 'System Volume Information']);

export function listFiles(root: string): Listing {
  const found: Record<string, string> = {};
  const firstNames = new Map<number, string>();
  const walk = (below: string): void => {
    for (const name of readdirSync(join(root, below)).sort()) {
      if (below === '' && OWN.has(name)) continue;
      const path = join(below, name);
      const stat = lstatSync(join(root, path));
      if (stat.isDirectory()) {
        found[path] = 'folder';
        walk(path);
      } else if (stat.isSymbolicLink()) {
        found[path] = `link ${readlinkSync(join(root, path))}`;
      } else if (stat.isFile()) {
        const hash = createHash('sha256')
          .update(readFileSync(join(root, path)))
          .digest('hex');
        const first = stat.nlink > 1 ? firstNames.get(stat.ino) : undefined;
        if (first === undefined) firstNames.set(stat.ino, path);
        found[path] = `file ${stat.size} ${hash}${first === undefined ? '' : ` = ${first}`}`;
      } else {
        found[path] = 'other';
      }
    }
  };
  walk('');
  return found;
}

const [, program, folder] = argv;
if (program === fileURLToPath(import.meta.url) && folder !== undefined) {
  stdout.write(JSON.stringify(listFiles(folder)));
}

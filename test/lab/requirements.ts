/** Is everything there that the lab needs? Asked once, before the first namespace is made. */
import { existsSync, readFileSync } from 'node:fs';
import { command } from './process.js';
import { inRepository } from './repository.js';
import type { Need } from './scenario.js';

const NEEDS: Readonly<Record<Need, { path: readonly string[]; remedy: string }>> = {
  fogd: { path: ['dist', 'src', 'cli', 'fogd.js'], remedy: 'scripts/build' },
  'imaging-os': { path: ['var', 'imaging-os', 'init.xz'], remedy: 'imaging-os/build var/imaging-os' },
};

/** Names of the packages file, one a line, `#` begins a comment. */
function labPackages(): string[] {
  return readFileSync(inRepository('test', 'lab', 'packages'), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter(Boolean);
}

/** What is missing, each with the command that mends it; empty when the lab can run. */
export async function missingRequirements(needs: Iterable<Need>): Promise<string[]> {
  const missing: string[] = [];
  if (process.getuid?.() !== 0) missing.push('the lab makes network namespaces: run it as root');
  const wanted = labPackages();
  const query = await command(['dpkg-query', '-W', '-f', '${Package} ${db:Status-Status}\n', ...wanted]);
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  const absent = wanted.filter((name) => !installed.has(name));
  if (absent.length > 0) missing.push(`apt-get install -y --no-install-recommends ${absent.join(' ')}`);
  for (const need of new Set(needs)) {
    const { path, remedy } = NEEDS[need];
    if (!existsSync(inRepository(...path))) missing.push(`${path.join('/')} is not there: ${remedy}`);
  }
  return missing;
}

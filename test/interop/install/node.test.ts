import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { uniquePrefix } from '../../lab/names.js';
import { command } from '../../lab/process.js';
import { inRepository, repositoryRoot } from '../../lab/repository.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), `${uniquePrefix()}-`));
});
afterEach(() => rmSync(folder, { recursive: true }));

const needSoundDriver = async (checkout: string) => {
  const script =
    'set -euo pipefail; . "$1/scripts/lib/say.sh"; . "$1/scripts/lib/node.sh"; cd "$2"; need_sound_driver';
  const { code, stderr } = await command(['bash', '-c', script, 'setup', inRepository('.'), checkout]);
  return [code, stderr];
};

describe('the database driver, after npm ci', () => {
  it('is found sound with this Node.js', async () => {
    expect(await needSoundDriver(repositoryRoot)).toEqual([0, '']);
  });

  it('that ends the process at a garbage collection, as with Node.js 24.19 to 24.21, is refused with the remedy', async () => {
    const driver = join(folder, 'node_modules', 'better-sqlite3');
    mkdirSync(driver, { recursive: true });
    writeFileSync(
      join(driver, 'index.js'),
      `const gone = new FinalizationRegistry(() => process.abort());
       module.exports = class { prepare() { gone.register({}); } };
       setTimeout(() => {}, 10_000);`,
    );
    expect(await needSoundDriver(folder)).toEqual([
      1,
      expect.stringMatching(
        /^setup: the database driver does not run with Node\.js v\S+ \(24\.19 .*\): install Node\.js 22 \(.*\)\n$/,
      ),
    ]);
  });
});

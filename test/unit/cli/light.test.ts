import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { repository } from '../golden.js';

/** What takes long to load, and is of no use to a client of the daemon. */
const HEAVY = ['better-sqlite3', 'fastify', 'koffi', 'pino', 'typebox', '@peculiar/x509'];

/** Packages that are loaded after a command line ran in a process of its own. */
function loadedBy(...words: string[]): string[] {
  const script = `
    const { run } = await import(process.argv[1]);
    await run(['node', 'fogd', ...process.argv.slice(2)]);
    const { createRequire } = await import('node:module');
    const files = Object.keys(createRequire(process.argv[1]).cache);
    const names = files.map((file) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
    process.stdout.write('\\nLOADED ' + [...new Set(names)].join(' '));`;
  const program = fileURLToPath(new URL('dist/src/cli/run.js', repository));
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script, program, ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return (out.split('\nLOADED ')[1] ?? '').split(' ');
}

describe('a client of the daemon', () => {
  it.each([
    ['host list'],
    ['status'],
    ['task watch'],
    ['trace pc'],
    ['token list'],
    ['image list'],
    ['settings show'],
    ['completion bash'],
  ])('fogd %s loads nothing heavy', (line) => {
    const loaded = loadedBy(...line.split(' '));
    expect(loaded).toContain('commander');
    expect(loaded.filter((name) => HEAVY.includes(name))).toEqual([]);
  });

  it('would be seen if it did', () => {
    expect(loadedBy('verify', '--state', '/nonexistent')).toEqual(expect.arrayContaining(['better-sqlite3']));
  });
});

describe('the program', () => {
  const program = fileURLToPath(new URL('dist/src/cli/fogd.js', repository));

  it.each([
    [['--help'], 0, /^$/],
    [['host', 'list', '--state', '/nonexistent'], 1, /^fogd: fogd does not run [^\n]*\n$/],
    [['host', 'lst'], 2, /^fogd: unknown command [^\n]*\n$/],
  ])('%j ends with %d', (words, code, said) => {
    const { status, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });
    expect(status).toBe(code);
    expect(stderr).toMatch(said);
  });

  it('is quiet when who reads has enough', () => {
    const script = `{ "$0" "$1" completion bash; } | true`;
    const { stderr, status } = spawnSync('sh', ['-c', script, process.execPath, program], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });
});

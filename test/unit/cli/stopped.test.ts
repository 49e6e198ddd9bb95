import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WITHOUT_DAEMON } from '#cli/page.js';
import { leaves, runHere, sampleWords } from './here.js';

let state: string;
let folder: string;
beforeAll(() => {
  state = mkdtempSync(join(tmpdir(), 'fogd-stopped-'));
  folder = mkdtempSync(join(tmpdir(), 'fogd-keys-'));
  for (const name of ['ca.cert.pem', 'ca.key']) writeFileSync(join(folder, name), 'x');
});
afterAll(() => {
  for (const one of [state, folder]) rmSync(one, { recursive: true });
});

describe.each(leaves().filter(([path]) => !WITHOUT_DAEMON.has(path)))(
  'with no daemon, fogd %s',
  (path, command) => {
    it('says how to start it', async () => {
      const words = [
        ...path.split(' '),
        ...sampleWords(command, { folder, file: join(folder, 'ca.key') }),
        '--state',
        state,
      ];
      expect(await runHere(...words)).toEqual({
        code: 1,
        out: '',
        err: `fogd: fogd does not run on the state folder ${state}: start it with "systemctl start fogd" or "npm start", or name its folder with --state\n`,
      });
    });
  },
);

describe('with no daemon', () => {
  const config = () => {
    const file = join(folder, 'fogd.toml');
    writeFileSync(file, '[nfs]\nenabled = false\n');
    return file;
  };

  it.each<[string, () => string[]]>([
    ['check', () => ['--config', config()]],
    ['ports', () => ['--config', config()]],
    ['completion', () => ['bash']],
    ['help', () => []],
  ])('fogd %s works', async (command, words) => {
    const { code, out } = await runHere(command, ...words());
    expect(code).toBe(0);
    expect(out.length).toBeGreaterThan(5);
  });

  it.each<[string, () => string[]]>([
    ['backup', () => [join(folder, 'fogd.tar'), '--state', state]],
    ['restore', () => [join(folder, 'none.tar'), '--state', state]],
    ['verify', () => [join(folder, 'none.tar')]],
  ])('fogd %s looks at the files itself', async (command, words) => {
    const { code, err } = await runHere(command, ...words());
    expect(code).toBe(1);
    expect(err).not.toContain('systemctl start');
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('only those are named as working that exist', () => {
    const names = new Set(leaves().map(([path]) => path));
    expect([...WITHOUT_DAEMON].filter((name) => name !== 'help' && !names.has(name))).toEqual([]);
  });
});

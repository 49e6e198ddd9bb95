import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '#cli/completion.js';
import { completionScript } from '#cli/completion-script.js';
import { createProgram } from '#cli/program.js';
import { commandsOf, runHere } from '../../unit/cli/here.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fogd-completion-'));
  for (const shell of ['bash', 'zsh'] as const)
    writeFileSync(join(folder, shell), completionScript(shell, completions(createProgram())));
  // Answers as the real one: JSON with two spaces, mistakes on standard error.
  const listing = (items: readonly object[]) => `printf '%s\\n' '${JSON.stringify(items, null, 2)}'`;
  writeFileSync(
    join(folder, 'fogd'),
    `#!/bin/sh
case "$*" in
  'host list --json') ${listing([{ name: 'lab-pc-01', pending: false }, { name: 'lab-pc-02' }, { name: 'other' }])} ;;
  'host list --state=/srv/x --json') ${listing([{ name: 'of-x' }])} ;;
  'image list --json') ${listing([
    { id: 1, name: 'Ubuntu 24.04', versions: [{ name: 'inner' }] },
    { id: 2, name: 'a"quote' },
    { id: 3, name: '$(touch hacked)' },
  ])} ;;
  'group list --json') ${listing([{ name: 'room-12', hosts: ['other'] }])} ;;
  'task list --json') ${listing([{ id: 7, type: 'Deploy' }, { id: 12 }])} ;;
  'lease list --json') ${listing([{ address: '10.0.0.50' }])} ;;
  *) echo "fogd: does not run: start it" >&2; exit 1 ;;
esac
`,
  );
  chmodSync(join(folder, 'fogd'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a shell offers for the last of these words. */
type Complete = (...words: string[]) => string[];

const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
const options = () => ({ encoding: 'utf8' as const, cwd: folder, env: { PATH: `${folder}:/usr/bin:/bin` } });

const inBash: Complete = (...words) =>
  lines(
    execFileSync(
      'bash',
      [
        ...['--norc', '--noprofile', '-uc'],
        `. ./bash; complete -p fogd >/dev/null || exit 9
         COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _fogd; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      options(),
    ),
  );
const inZsh: Complete = (...words) =>
  lines(
    execFileSync(
      'zsh',
      [
        ...['-f', '-c'],
        // The two builtins work in the line editor only.
        `compdef() { :; }; compadd() { shift; print -rl -- "$@"; }; _files() { print FILES; }
         source ./zsh; words=("$@") CURRENT=$#; _fogd`,
        'zsh',
        ...words,
      ],
      options(),
    ),
  );

describe.each([
  ['bash', inBash],
  ['zsh', inZsh],
] as const)('completion in %s', (shell, complete) => {
  const quoted = (text: string) => (shell === 'bash' ? text.replaceAll(/[ ()$]/g, '\\$&') : text);

  it('offers the commands, also those that begin so', () => {
    const all = complete('fogd', '');
    for (const { name } of createProgram().commands.map((command) => ({ name: command.name() })))
      expect(all).toContain(name);
    if (shell === 'bash') expect(complete('fogd', 'ho')).toEqual(['host']);
  });

  it('offers the verbs of a noun, with their other names', () => {
    expect(complete('fogd', 'image', '')).toEqual(
      expect.arrayContaining(['list', 'remove', 'delete', 'verify']),
    );
    expect(complete('fogd', 'image', '')).not.toContain('host');
  });

  it('offers options', () => {
    expect(complete('fogd', 'image', 'remove', '--')).toEqual(
      expect.arrayContaining(['--files', '--json', '--state']),
    );
  });

  it('offers the words that an option and an argument take', () => {
    expect(complete('fogd', 'ports', '--format', '')).toEqual(['nftables', 'table']);
    expect(complete('fogd', 'completion', '')).toEqual(['bash', 'zsh']);
    expect(complete('fogd', 'power', 'add', 'other', '')).toEqual(['reboot', 'shutdown', 'wol']);
  });

  it('offers names that fogd knows', () => {
    const hosts = ['lab-pc-01', 'lab-pc-02', 'other'];
    expect(complete('fogd', 'host', 'show', '')).toEqual(hosts);
    expect(complete('fogd', 'task', 'deploy', '--wake', '')).toEqual(hosts);
    expect(complete('fogd', 'trace', '')).toEqual(hosts);
    expect(complete('fogd', 'group', 'join', 'room', 'other', 'lab-pc-02', '')).toEqual(hosts);
    expect(complete('fogd', 'power', 'add', '--group', '')).toEqual(['room-12']);
    expect(complete('fogd', 'task', 'cancel', '')).toEqual(['12', '7']);
    expect(complete('fogd', 'lease', 'release', '')).toEqual(['10.0.0.50']);
    expect(complete('fogd', 'host', 'image', 'other', '')).toEqual(
      [quoted('$(touch hacked)'), quoted('Ubuntu 24.04')].sort(),
    );
    expect(complete('fogd', 'task', 'deploy', 'other', '--image', '')).toContain(quoted('Ubuntu 24.04'));
  });

  it('asks the fogd whose folder was named', () => {
    expect(complete('fogd', 'host', 'show', '--state', '/srv/x', '')).toEqual(['of-x']);
    const split = shell === 'bash' ? ['--state', '=', '/srv/x'] : ['--state=/srv/x'];
    expect(complete('fogd', 'host', 'show', ...split, '')).toEqual(['of-x']);
  });

  it('offers nothing where fogd does not run, and for what is new', () => {
    expect(complete('fogd', 'user', 'remove', '')).toEqual([]);
    expect(complete('fogd', 'image', 'add', '')).toEqual([]);
    expect(complete('fogd', 'host', 'show', 'other', '')).toEqual([]);
    expect(complete('fogd', 'host', 'change', '--description', '')).toEqual([]);
  });

  it('knows the commands of each noun', () => {
    for (const [path, command] of commandsOf())
      if (command.commands.length > 0)
        expect(complete('fogd', ...path.split(' '), '')).toEqual(
          expect.arrayContaining(command.commands.map((inner) => inner.name())),
        );
  });
});

describe('completion', () => {
  it('of a file is left to zsh, and to bash by "complete -o default"', () => {
    expect(inZsh('fogd', 'restore', '')).toEqual(['FILES']);
    expect(inBash('fogd', 'restore', '')).toEqual([]);
  });

  it.each(['bash', 'zsh'] as const)('is printed by fogd completion %s', async (shell) => {
    const { code, out } = await runHere('completion', shell);
    expect(code).toBe(0);
    expect(out).toBe(completionScript(shell, completions(createProgram())));
  });

  it('names in the real JSON are found', () => {
    const item = [{ id: 1, name: 'pc', macs: ['x'], inner: { name: 'no' } }];
    writeFileSync(join(folder, 'real.json'), JSON.stringify(item, null, 2));
    const script = `. ./bash; _fogd_program=cat _fogd_state=; timeout() { cat real.json; }; _fogd_list host name`;
    expect(execFileSync('bash', ['--norc', '-c', script], options())).toBe('pc\n');
  });
});

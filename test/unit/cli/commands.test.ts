import { CommanderError } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { createProgram } from '#cli/program.js';
import { commandsOf, examplesOf, helpOf, leaves } from './here.js';

/** They print a log, or files for other programs. */
const WITHOUT_JSON = new Set(['serve', 'completion']);

describe.each(commandsOf())('fogd %s', (path, command) => {
  it('says what it is, with an example', () => {
    expect(command.description()).not.toBe('');
    const examples = examplesOf(helpOf(command));
    expect(
      examples.filter((line) => line.includes(`fogd ${path}`) || command.commands.length > 0),
    ).not.toEqual([]);
  });

  it('describes its arguments and options', () => {
    for (const { description, flags } of command.options) expect(description, flags).not.toBe('');
  });

  it('has no option --version: the program answers that itself, wherever it stands', () => {
    expect(command.options.filter(({ long }) => long === '--version')).toEqual([]);
  });
});

describe.each(leaves().filter(([path]) => !WITHOUT_JSON.has(path)))('fogd %s', (_, command) => {
  it('prints JSON when it is asked to', () => {
    expect(command.options.filter(({ long }) => long === '--json')).toHaveLength(1);
  });
});

describe('the examples of all commands', () => {
  const all = [createProgram(), ...commandsOf().map(([, command]) => command)].flatMap((command) =>
    examplesOf(helpOf(command)),
  );

  it.each([...new Set(all)].flatMap((line) => calls(line).map((words) => [words.join(' '), words] as const)))(
    '%s is right use',
    async (_, words) => {
      const program = createProgram();
      let called = 0;
      for (const [, command] of commandsOf(program))
        if (command.commands.length === 0)
          command.action(() => {
            called += 1;
          });
      const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const [, ...rest] = words;
      try {
        await program.parseAsync(rest, { from: 'user' });
        expect(called).toBe(1);
      } catch (error) {
        // --help.
        expect(error).toMatchObject({ exitCode: 0 });
        expect(error).toBeInstanceOf(CommanderError);
      } finally {
        printed.mockRestore();
      }
    },
  );

  it('are there', () => {
    expect(all.length).toBeGreaterThan(50);
  });
});

it('the help of the program has each command in a group', () => {
  const program = createProgram();
  expect(new Set(program.commands.map((command) => command.helpGroup())).size).toBeGreaterThan(3);
  for (const command of program.commands) expect(command.helpGroup(), command.name()).toMatch(/^[A-Z].*:$/);
});

/** The calls of fogd in a line for a shell. */
function calls(line: string): string[][] {
  return [...line.matchAll(/\bfogd(?: (?:"[^"]*"|'[^']*'|[^\s"'|&<>)]+))+/g)].map(([call]) =>
    [...call.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      ([, ...word]) => word.find((part) => part !== undefined) ?? '',
    ),
  );
}

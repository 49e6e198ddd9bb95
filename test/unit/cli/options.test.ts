import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from '#cli/program.js';

function all(command: Command): Command[] {
  return [command, ...command.commands.flatMap((inner) => all(inner))];
}

it('no command has an option --version: the program answers that itself, wherever it stands', () => {
  const program = createProgram();
  const taken = all(program)
    .filter((command) => command !== program)
    .filter((command) => command.options.some(({ long }) => long === '--version'));
  expect(taken.map((command) => command.name())).toEqual([]);
});

import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { vi } from 'vitest';
import { createProgram } from '#cli/program.js';
import { run } from '#cli/run.js';

/** What a command line printed and how it ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process, as the program does; whoever it asks for a password types one. */
export async function runHere(...words: string[]): Promise<Ended> {
  let [out, err] = ['', ''];
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += String(text);
      return true;
    }),
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(Readable.from(['a long password\n']) as never),
  ];
  const before = process.exitCode;
  process.exitCode = undefined;
  try {
    const failed = await run(['node', 'fogd', ...words]);
    return { code: failed ?? Number(process.exitCode ?? 0), out, err };
  } finally {
    process.exitCode = before;
    for (const spy of spies) spy.mockRestore();
  }
}

/** All commands below one, each with the words that call it. */
export function commandsOf(
  command: Command = createProgram(),
  above: readonly string[] = [],
): Array<[string, Command]> {
  return command.commands.flatMap((inner) => {
    const words = [...above, inner.name()];
    return [[words.join(' '), inner] as [string, Command], ...commandsOf(inner, words)];
  });
}

/** Those that do something: no nouns. */
export const leaves = (): Array<[string, Command]> =>
  commandsOf().filter(([, command]) => command.commands.length === 0);

/** What `--help` prints, with what was added to it. */
export function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

/** Examples of a help text, one a line. */
export function examplesOf(help: string): string[] {
  const [, after = ''] = /\nExamples?:\n((?: {2}.+\n?)+)/.exec(help) ?? [];
  return after
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Something well formed for each argument and each option that must be there; `given` by the name of the argument. */
export function sampleWords(command: Command, given: Readonly<Record<string, string>> = {}): string[] {
  const samples: Readonly<Record<string, string>> = {
    ...{
      'on|off': 'on',
      id: '999',
      plan: '999',
      mac: '02:00:00:00:99:99',
      address: '10.9.9.9',
      server: 'plain',
      scope: '*',
    },
    ...given,
  };
  const of = (name: string, choices?: readonly string[]) => choices?.[0] ?? samples[name] ?? 'nothing-known';
  return [
    ...command.registeredArguments.map((one) => of(one.name(), one.argChoices)),
    ...command.options
      .filter(({ mandatory }) => mandatory)
      .flatMap((one) => [one.long ?? '', of(one.name(), one.argChoices)]),
  ];
}

import { Argument, type Command, type Option } from 'commander';
import { type Completion, completionScript, type Takes } from './completion-script.js';

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('a script that completes commands, options and names of hosts, images … in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh']))
    .addHelpText(
      'after',
      '\nExamples:\n  eval "$(fogd completion bash)"\n  fogd completion zsh > ~/.zsh/functions/_fogd',
    )
    .action((shell: 'bash' | 'zsh') => {
      process.stdout.write(completionScript(shell, completions(program)));
    });
}

const FILES = new Set(['file', 'folder', 'source', 'script', 'config', 'state', 'imaging-os', 'path']);

/** All commands of the program, outermost first. */
export function completions(program: Command): Completion[] {
  const lists = new Set(
    program.commands
      .filter(({ commands }) => commands.some((inner) => inner.name() === 'list'))
      .map((noun) => noun.name()),
  );
  const of = (command: Command, above: readonly string[]): Completion[] => {
    const path = [...above, command.name()];
    const help = command.createHelp();
    const options = help.visibleOptions(command);
    const takesOf = (name: string, choices?: readonly string[]): Takes => {
      if (choices) return { words: choices };
      // <on|off>
      if (name.includes('|')) return { words: name.split('|') };
      if (FILES.has(name)) return 'files';
      return listed(name, path, lists);
    };
    const own: Completion = {
      path: path.join(' '),
      commands: help.visibleCommands(command).flatMap((inner) => [inner.name(), ...inner.aliases()]),
      options: options.flatMap(namesOf),
      values: options
        .filter(({ required }) => required)
        .map((option) => ({
          names: namesOf(option),
          takes:
            takesOf(option.name(), option.argChoices) ?? takesOf(/<([^>.]*)/.exec(option.flags)?.[1] ?? ''),
        })),
      arguments: command.registeredArguments.map((argument) => ({
        takes: takesOf(argument.name(), argument.argChoices),
        isLast: argument.variadic,
      })),
    };
    return [own, ...command.commands.flatMap((inner) => of(inner, path))];
  };
  return of(program, []);
}

/** Nouns whose list has the numbers that their verbs take. */
const NUMBERED = new Set(['task', 'session']);

/** Which list of the daemon has what an argument of this name takes; undefined: none. */
function listed(
  name: string,
  [, noun = '', verb = '']: readonly string[],
  lists: ReadonlySet<string>,
): Takes {
  if (name === 'machine') return { list: 'host', field: 'name' };
  if (name === 'task') return { list: 'task', field: 'id' };
  if (name === 'address' && noun === 'lease') return { list: noun, field: 'address' };
  if (lists.has(name)) return { list: name, field: 'name' };
  // What is new has no name yet.
  if (!lists.has(noun) || verb === 'add') return undefined;
  if (name === 'id' && !NUMBERED.has(noun)) return undefined;
  return name === 'name' || name === 'id' || name === 'version' ? { list: noun, field: name } : undefined;
}

const namesOf = ({ short, long }: Option): string[] => [short, long].filter((name) => name != null);

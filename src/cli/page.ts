import type { Command } from 'commander';

/** Work with no fogd that runs; all others are clients of it. */
export const WITHOUT_DAEMON: ReadonlySet<string> = new Set([
  ...['serve', 'check', 'ports', 'doctor', 'backup', 'restore', 'verify', 'completion', 'help'],
]);

/** `docs/reference/cli.md`: the commands from the program itself, and what holds for all of them. */
export function cliPage(program: Command): string {
  return `${[HEAD, ...groups(program), TAIL].join('\n\n')}\n`;
}

function groups(program: Command): string[] {
  const headings = [...new Set(program.commands.map((command) => command.helpGroup()))];
  return headings.map((heading) => {
    const commands = program.commands.filter((command) => command.helpGroup() === heading);
    const rows = commands
      .flatMap((command) => leaves(command, ''))
      .map((cells) => `| ${cells.join(' | ')} |`);
    return [
      `## ${heading.replace(/:$/, '')}`,
      '',
      '| command | what it does | options |',
      '|---|---|---|',
      ...rows,
    ].join('\n');
  });
}

/** Commands that do something, without the nouns before them. */
function leaves(command: Command, above: string): string[][] {
  const path = `${above} ${command.name()}`.trim();
  if (command.commands.length > 0) return command.commands.flatMap((inner) => leaves(inner, path));
  const given = command.registeredArguments.map((one) => {
    const name = `${one.name().toUpperCase()}${one.variadic ? '…' : ''}`;
    return one.required ? ` ${name}` : ` [${name}]`;
  });
  const options = command.options
    .filter(({ long }) => !COMMON.has(long ?? ''))
    .map(({ flags }) => `\`${cell(flags)}\``);
  return [[`\`fogd ${path}${given.join('')}\``, cell(command.description()), options.join(', ')]];
}

/** Told once for all. */
const COMMON = new Set(['--state', '--json']);

const cell = (text: string) => text.replaceAll('|', '\\|');

const HEAD = `# Command line

<!-- Made from the commands by "npm run generate". -->

\`fogd --help\` lists the commands, \`fogd COMMAND --help\` shows one with all its options and examples. From a checkout the program is \`bin/fogd\`.

Most commands are clients of the [API](endpoints.md) of a fogd that runs on this machine, and reach it through the socket in its state folder: \`--state FOLDER\`
(default \`/var/lib/fogd\`; \`npm start\` uses \`./var\`). They need the user that runs fogd, or root. Without a running fogd work ${list([...WITHOUT_DAEMON].filter((name) => name !== 'help'))}; all others say how to start it.

Names are those of hosts, images and so on; a host may also be named by one of its MAC addresses, an image by its folder.`;

const TAIL = `## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | failed: the reason, and what to do, are one line on standard error (a settings file has a line for each mistake). Also where what was looked at is not well: \`fogd check\`, \`fogd doctor\`, \`fogd verify\`, \`fogd bootfile verify\`, \`fogd image verify --wait\`; where a part could not be done: \`fogd image import\`, a task for a group; and \`fogd task watch\` when a task failed or was cancelled |
| 2 | wrong use of the command line: an unknown command or option, an argument that is missing, empty or has control characters in it; one line says what, and which \`--help\` shows the right use; nothing was done |
| 3 | \`fogd status\`: fogd runs, but a service has failed |

What fogd does not know (a host, an image, a task) is 1, not 2.

## JSON

\`--json\` prints for programs what is a table or a sentence otherwise. It is a contract, as the API is:

- One JSON value on standard output, and nothing else there: a list is an array, one thing is an object. What follows something (\`events\`, \`trace --follow\`, \`task watch\`,
  \`status --watch\`) prints one object a line, each as soon as it is known.
- Fields are those of the API (\`/api/openapi.json\`); lists are whole, not pages of them, unless \`--limit\` says how many (\`audit list\` and \`logins\`: the newest 50). New fields may come; those that are there keep their name and meaning within \`/api/v1\`.
- Times are milliseconds since the epoch, sizes bytes, what is not there \`null\`.
- Names and texts are as they were reported. In tables and sentences control characters of them are replaced by \`?\`, so that nothing steers a terminal.
- Mistakes are the same line on standard error and the same exit code.

No JSON have \`serve\`, which writes a log, \`completion\` and \`ports --format nftables\`, which print files.

## Lists

All lists take the same three options. \`--search TEXT\` keeps what has the text in a name or another field that people read, whatever its case. \`--sort FIELD\` sorts by a
field of the API, with \`-\` before it from the largest down (\`--sort -createdAt\`). \`--limit N\` gives no more than N; 0 means all.

## On a terminal

Rows of lists that are wider than the terminal have their long cells cut, with \`…\`; \`task watch\` and \`status --watch\` draw again what has changed, \`backup\`, \`bootfile add\`,
\`image import\`, \`snapin add\` and \`image verify --wait\` show how far they are. Into a file or a pipe goes everything whole, as plain lines. fogd uses no colours, with or without \`NO_COLOR\`, but for the log of a
development checkout in the foreground.

## Completion

\`install-service\` puts scripts for bash and zsh where these look for them. Without it: \`eval "$(fogd completion bash)"\` in \`~/.bashrc\`, or \`fogd completion zsh\` into
a file \`_fogd\` in a folder of \`$fpath\`. Commands, options and fixed words are in the script; names of hosts, images, tasks … are asked of fogd, which
has two seconds for it.`;

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

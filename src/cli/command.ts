import { Command, type ErrorOptions, type HelpContext } from 'commander';
import { oneLine } from './tables.js';

/** Wrong use of the command line (docs/reference/cli.md). */
export const USAGE = 2;
/** PATH_MAX: nothing that fogd takes from a command line is longer. */
const LONGEST = 4096;

/** A command whose wrong use is told in one line: what is wrong, and where the right use is shown. */
export class FogdCommand extends Command {
  override createCommand(name?: string): FogdCommand {
    return new FogdCommand(name);
  }

  override error(message: string, options?: ErrorOptions): never {
    const what = message.replace(/^error: /, '').replace(/\.$/, '');
    return super.error(`fogd: ${oneLine(what)}: ${this.path} --help shows the right use`, {
      ...options,
      exitCode: USAGE,
    });
  }

  /** A noun without its verb gets a line like any other mistake, not the whole help. */
  override help(context?: HelpContext | ((text: string) => string)): never {
    if (typeof context === 'object' && context.error)
      return this.error(`a command is missing, one of: ${this.commands.map((one) => one.name()).join(', ')}`);
    return super.help(context as HelpContext);
  }

  /** `fogd host show`. */
  get path(): string {
    return this.parent instanceof FogdCommand ? `${this.parent.path} ${this.name()}` : this.name();
  }

  /** No argument or option of any command may be one of these: an empty name would name another thing, e.g. `/hosts/` all hosts. */
  refuseStrangeWords(): void {
    const refuse = (what: string, given: unknown, mayBeEmpty: boolean) => {
      for (const value of [given].flat()) {
        const wrong = typeof value === 'string' ? strange(value, mayBeEmpty) : undefined;
        if (wrong !== undefined) this.error(`${what} ${wrong}`);
      }
    };
    this.registeredArguments.forEach((argument, index) => {
      refuse(`the argument '${argument.name()}'`, this.processedArgs[index], false);
    });
    for (const option of this.options) {
      const isPlace = /<(file|folder)>/.test(option.flags);
      refuse(`the option '${option.long}'`, this.getOptionValue(option.attributeName()), !isPlace);
    }
  }
}

function strange(value: string, mayBeEmpty: boolean): string | undefined {
  if (value === '' && !mayBeEmpty) return 'is empty';
  if (value.length > LONGEST) return `is longer than ${LONGEST} characters`;
  return /\p{Cc}/u.test(value) ? 'has control characters in it' : undefined;
}

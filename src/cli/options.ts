import { InvalidArgumentError, Option } from 'commander';
import { DEFAULT_STATE } from './defaults.js';

/** Options that several commands share. */

export const stateOption = () =>
  new Option('--state <folder>', 'folder of everything fogd knows').default(DEFAULT_STATE);

export const jsonOption = () => new Option('--json', 'print JSON');

export const numberOption = (flags: string, description: string) =>
  new Option(flags, description).argParser((text: string) => {
    if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('a whole number is needed.');
    return Number(text);
  });

import { Option } from 'commander';
import { DEFAULT_STATE } from './defaults.js';

/** Options that several commands share. */

export const stateOption = () =>
  new Option('--state <folder>', 'folder of everything fogd knows').default(DEFAULT_STATE);

export const jsonOption = () => new Option('--json', 'print JSON');

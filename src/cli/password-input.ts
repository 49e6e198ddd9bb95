import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { cliErrors } from './errors.js';

/**
 * A password from the terminal, typed twice and not shown; else the first line of standard input. Never an argument: those are in the
 * process list and in the shell's history. Throws PASSWORDS_DIFFER.
 */
export async function readPassword(): Promise<string> {
  if (process.stdin.isTTY !== true) return await line('', false);
  const first = await line('Password: ', true);
  const second = await line('Once more: ', true);
  if (first !== second) throw cliErrors.PASSWORDS_DIFFER({});
  return first;
}

async function line(prompt: string, isTerminal: boolean): Promise<string> {
  process.stdout.write(prompt);
  // Echoes nowhere what is typed.
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: process.stdin, output, terminal: isTerminal });
  try {
    return await new Promise<string>((resolve, reject) => {
      let isDone = false;
      reader.once('line', (text) => {
        isDone = true;
        resolve(text);
      });
      reader.once('SIGINT', () => reject(cliErrors.INTERRUPTED({})));
      reader.once('close', () => {
        if (!isDone) resolve('');
      });
    });
  } finally {
    reader.close();
    if (isTerminal) process.stdout.write('\n');
  }
}

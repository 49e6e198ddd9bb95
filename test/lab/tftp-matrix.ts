/**
 * Which TFTP client fetched a file of which size byte-identical from fogd. Tests note their cells, and the end of `npm test` prints all of
 * them with the programs' versions; a cell that nobody noted fails it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { command } from './process.js';
import { inRepository } from './repository.js';

/** Bytes by block size. Past the 65535th block the number on the wire starts again. */
export const SIZES = {
  '0': () => 0,
  '1': () => 1,
  'blk-1': (block: number) => block - 1,
  blk: (block: number) => block,
  'blk+1': (block: number) => block + 1,
  '65535blk-1': (block: number) => 65_535 * block - 1,
  '65535blk': (block: number) => 65_535 * block,
  '65535blk+1': (block: number) => 65_535 * block + 1,
  '40 MB': () => 40_000_000,
} as const;
export type Size = keyof typeof SIZES;
export const SIZE_NAMES = Object.keys(SIZES) as Size[];
export const ROLL_OVER: readonly Size[] = ['65535blk-1', '65535blk', '65535blk+1'];

export const CLIENT_NAMES = [
  'tftp-hpa',
  'atftp',
  'atftp, window 16',
  'curl',
  'busybox',
  'npm tftp',
  'iPXE',
  'OVMF, window 16',
] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];

export interface Row {
  /** The program's version. */
  readonly version: string;
  /** Block size, and where it is another one the block size past the roll-over: `1428, 8`. */
  readonly blk: string;
  /** `same`, or what else is to be said: a limit of the client, with the evidence. */
  readonly cells: Readonly<Partial<Record<Size, string>>>;
}
export type Matrix = Readonly<Partial<Record<ClientName, Row>>>;

const FOLDER = ['var', 'test'] as const;
const PREFIX = 'tftp-matrix-';

/** Notes the rows of one test; a second call with the same name replaces the first. */
export function noteMatrix(test: string, part: Matrix): void {
  const file = inRepository(...FOLDER, `${PREFIX}${test}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(part)}\n`);
}

/** All rows noted. */
export function readMatrix(): Matrix {
  const folder = inRepository(...FOLDER);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(PREFIX)) : [];
  return Object.assign(
    {},
    ...names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))),
  ) as Matrix;
}

/** The table as text, notes below it, and what is missing. */
export function matrixText(matrix: Matrix): { readonly text: string; readonly missing: readonly string[] } {
  const notes: string[] = [];
  const missing: string[] = [];
  const lines = [['TFTP client', 'blk', ...SIZE_NAMES, 'version']];
  for (const client of CLIENT_NAMES) {
    const row = matrix[client];
    const cells = SIZE_NAMES.map((size) => {
      const cell = row?.cells[size];
      if (cell === undefined) {
        missing.push(`${client}, ${size}`);
        return 'MISSING';
      }
      if (cell === 'same') return cell;
      if (!notes.includes(cell)) notes.push(cell);
      return `(${notes.indexOf(cell) + 1})`;
    });
    lines.push([client, row?.blk ?? '', ...cells, row?.version ?? '']);
  }
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const table = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return { text: [...table, ...notes.map((note, index) => `(${index + 1}) ${note}`)].join('\n'), missing };
}

/** Version of the first of these Debian packages that is installed. */
export async function packageVersion(...names: readonly string[]): Promise<string> {
  const { stdout } = await command(['dpkg-query', '-W', '-f', '${db:Status-Status} ${Version}\n', ...names]);
  const installed = stdout.split('\n').find((line) => line.startsWith('installed '));
  if (installed === undefined) throw new Error(`none of ${names.join(', ')} is installed`);
  return installed.slice('installed '.length);
}

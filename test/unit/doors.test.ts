import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { repository } from './golden.js';

/**
 * The doors of the house (design section 2): who may import whom. Each rule is proved by a fixture with one forbidden line, named as if it
 * stood in that room.
 */
interface Rule {
  readonly name: string;
  /** Files the rule is for, by path from the repository. */
  readonly rooms: RegExp;
  readonly except?: RegExp;
  readonly imports?: RegExp;
  readonly code?: RegExp;
}

const PURE =
  /^(src\/(domain|boot|trace|ports)\/|services\/(\w+)\/(packet|decide[\w-]*|transfer|options|summary)[/.])/;

const RULES: readonly Rule[] = [
  {
    name: 'pure rooms import no socket, file system, store, logger or service',
    rooms: PURE,
    imports:
      /^(node:(?!buffer$)|#(store|daemon|native|files|actions|cli|main)|pino|fastify|better-sqlite3|koffi)/,
  },
  {
    name: 'pure rooms read no clock and no randomness',
    rooms: PURE,
    code: /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|process\.|performance\.)/,
  },
  { name: 'services never import each other', rooms: /^services\//, imports: /^#services\// },
  { name: 'only store speaks SQL', rooms: /./, except: /^(src\/store|test)\//, imports: /^better-sqlite3$/ },
  { name: 'only native imports koffi', rooms: /./, except: /^src\/native\//, imports: /^koffi$/ },
  {
    name: 'only daemon/child.ts starts processes',
    rooms: /./,
    except: /^(src\/daemon\/child\.ts$|test\/|scripts\/)/,
    imports: /^(node:)?child_process$/,
  },
  {
    name: 'only settings reads the environment',
    rooms: /./,
    except: /^(src\/settings|test|scripts)\//,
    code: /\bprocess\.env\b/,
  },
  {
    name: 'only services own sockets',
    rooms: /^src\//,
    except: /^src\/cli\/client\.ts$/,
    imports: /^node:(dgram|http|https|tls)$/,
  },
  {
    name: 'actions know no service and no HTTP',
    rooms: /^src\/actions\//,
    imports: /^(#services|#cli\/|#main|fastify)/,
  },
  {
    name: 'the command line is a client of the API',
    rooms: /^src\/cli\//,
    imports: /^#(store|actions|files|native|services)/,
  },
  { name: 'no path climbs two rooms', rooms: /^(src|services)\//, imports: /^\.\.\/\.\./ },
];

/** Imports of a file, static and dynamic. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm)].map(
    (match) => match[1] ?? '',
  );
}

function violations(path: string, text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, '');
  return RULES.filter(({ rooms, except }) => rooms.test(path) && !except?.test(path)).flatMap((rule) => {
    const own = /^services\/(\w+)\//.exec(path)?.[1];
    const pattern = rule.name.startsWith('services never')
      ? new RegExp(`^#services/(?!${own}/)`)
      : rule.imports;
    const bad = pattern ? importsOf(code).filter((name) => pattern.test(name)) : [];
    const calls = rule.code?.test(code) ? [rule.code.exec(code)?.[0] ?? ''] : [];
    return [...bad, ...calls].map((what) => `${path}: ${rule.name} (${what})`);
  });
}

function sources(folder: string): string[] {
  const root = fileURLToPath(repository);
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

const read = (path: string) => readFileSync(new URL(path, repository), 'utf8');

describe('doors', () => {
  it('holds for every source file', () => {
    const files = [...sources('src'), ...sources('services'), ...sources('scripts')];
    expect(files.length).toBeGreaterThan(50);
    expect(files.flatMap((path) => violations(path, read(path)))).toEqual([]);
  });

  const fixtures = readdirSync(new URL('test/fixtures/doors/', repository));
  it('has a fixture for every rule', () => {
    expect(fixtures.length).toBe(RULES.length);
  });

  it.each(fixtures)('catches %s', (fixture) => {
    const text = read(posix.join('test/fixtures/doors', fixture));
    const path = /^\/\/ as: (\S+)/.exec(text)?.[1] ?? '';
    const rule = /^\/\/ breaks: (.+)$/m.exec(text)?.[1] ?? '';
    expect(violations(path, text)).toEqual([expect.stringContaining(`${path}: ${rule} (`)]);
  });
});

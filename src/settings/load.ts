import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import Value from 'typebox/value';
import { errnoOf, messageOf } from '#errors.js';
import { inconsistencies } from './consistency.js';
import { settingsErrors } from './errors.js';
import { formats } from './formats.js';
import { locate } from './locate.js';
import { type Problem, problemLine } from './problem.js';
import { type Settings, SettingsSchema } from './schema.js';

/** What the command line says; it wins over the file. */
export interface Overrides {
  readonly dhcpMode?: string;
  readonly interfaces?: readonly string[];
}

export type LoadResult =
  | { readonly settings: Settings; readonly problems: readonly [] }
  | { readonly settings?: undefined; readonly problems: readonly Problem[] };

/** Reads and validates a settings file; without one, the defaults. Throws SETTINGS_UNREADABLE, SETTINGS_INVALID or, without a file, OPTIONS_INVALID. */
export function loadSettings(file: string | undefined, overrides: Overrides = {}): Settings {
  const { settings, problems } = parseSettings(file === undefined ? '' : readSettingsFile(file), overrides);
  if (settings) return settings;
  const lines = (name: string) => problems.map((problem) => problemLine(name, problem)).join('\n');
  if (file === undefined) throw settingsErrors.OPTIONS_INVALID({ problems: lines('command line') });
  throw settingsErrors.SETTINGS_INVALID({ problems: lines(file), file });
}

/** The text of a settings file. Throws SETTINGS_UNREADABLE. */
export function readSettingsFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw settingsErrors.SETTINGS_UNREADABLE({ file, reason: errnoOf(error) ?? messageOf(error) }, error);
  }
}

/** Settings from TOML text, complete, checked and frozen, or everything that is wrong with it. */
export function parseSettings(text: string, overrides: Overrides = {}): LoadResult {
  let document: Record<string, unknown>;
  try {
    document = parse(text) as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split('\n')[0] ?? 'cannot be understood';
    return {
      problems: [
        {
          path: '',
          what: what.replace('Invalid TOML document: ', 'is not TOML: '),
          mend: 'mend this line',
          line: error.line,
        },
      ],
    };
  }
  const complete = withDefaults(document, overrides);
  const problems = schemaProblems(complete);
  if (problems.length === 0) problems.push(...inconsistencies(complete as Settings));
  if (problems.length > 0) {
    return {
      problems: problems
        .map((problem) => withLine(text, problem))
        .sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    };
  }
  return { settings: freeze(complete as Settings), problems: [] };
}

function withDefaults(document: Record<string, unknown>, { dhcpMode, interfaces }: Overrides): unknown {
  const sections = Object.fromEntries(Object.keys(SettingsSchema.properties).map((name) => [name, {}]));
  const merged: Record<string, unknown> = { ...sections, ...document };
  const override = {
    ...(dhcpMode === undefined ? {} : { mode: dhcpMode }),
    ...(interfaces === undefined || interfaces.length === 0 ? {} : { interfaces: [...interfaces] }),
  };
  if (Object.keys(override).length > 0) merged.dhcp = { ...(merged.dhcp as object), ...override };
  return Value.Default(SettingsSchema, merged);
}

function schemaProblems(value: unknown): Problem[] {
  const problems = new Map<string, Problem>();
  for (const error of Value.Errors(SettingsSchema, value)) {
    const path = error.instancePath.split('/').slice(1);
    const problem = explain(
      error.keyword,
      error.params as Record<string, unknown>,
      path,
      valueAt(value, path),
    );
    if (problem && !problems.has(problem.path)) problems.set(problem.path, problem);
  }
  return [...problems.values()];
}

function explain(
  keyword: string,
  params: Record<string, unknown>,
  path: string[],
  value: unknown,
): Problem | undefined {
  const at = path.join('.');
  const is = `is ${JSON.stringify(value)}`;
  switch (keyword) {
    // The schema `false` of additionalProperties reports the same key a second time.
    case 'boolean':
      return undefined;
    case 'additionalProperties': {
      const unknown = String((params.additionalProperties as unknown[])[0]);
      const known = Object.keys(propertiesAt(path));
      return {
        path: [...path, unknown].join('.'),
        what: 'is not a setting',
        mend: `remove it, or use one of ${known.join(', ')}`,
      };
    }
    case 'required':
      return {
        path: at,
        what: `lacks ${(params.requiredProperties as string[]).join(', ')}`,
        mend: 'add it',
      };
    case 'enum':
      return { path: at, what: is, mend: `use ${(params.allowedValues as string[]).join(', ')}` };
    case 'format':
      return {
        path: at,
        what: is,
        mend: `it must be ${formats[String(params.format)]?.means ?? String(params.format)}`,
      };
    case 'type':
      return { path: at, what: is, mend: `it must be ${article(String(params.type))}` };
    case 'minimum':
    case 'maximum':
      return { path: at, what: is, mend: `it must be ${String(params.comparison)} ${String(params.limit)}` };
    default:
      return { path: at, what: is, mend: `it does not satisfy ${keyword} ${JSON.stringify(params)}` };
  }
}

function article(type: string): string {
  const words: Record<string, string> = {
    array: 'a list, e.g. ["…"]',
    integer: 'a whole number',
    string: 'a text in quotes',
    object: 'a table',
  };
  return words[type] ?? `a ${type}`;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<string, unknown> | undefined)?.[part], value);
}

function propertiesAt(path: readonly string[]): Record<string, unknown> {
  let schema: { properties?: Record<string, unknown>; items?: unknown } = SettingsSchema;
  for (const part of path) schema = (schema.properties?.[part] ?? schema.items ?? {}) as typeof schema;
  return schema.properties ?? {};
}

/** Adds the line of the file in which a setting stands. */
export function withLine(text: string, problem: Problem): Problem {
  if (problem.line !== undefined) return problem;
  const line = locate(text, problem.path.split('.'));
  return line === undefined ? problem : { ...problem, line };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
}

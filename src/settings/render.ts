import { stringify } from 'smol-toml';
import { SettingsSchema } from './schema.js';

interface Described {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly fog?: string;
  readonly type?: string;
  readonly properties?: Record<string, Described>;
  readonly items?: Described;
}

const WIDTH = 100;

/** The annotated example file, `config/fogd.toml`. Everything in it is commented out or the default: it changes nothing. */
export function exampleFile(): string {
  const lines = [
    '# fogd: all settings with their defaults. A line that begins with # is not in force.',
    '# Check a changed file with: fogd check --config FILE',
    '',
  ];
  for (const [name, section] of sections()) {
    lines.push(...comment(section.description ?? ''), `[${name}]`, '');
    const tables: Array<[string, Described]> = [];
    for (const [key, setting] of Object.entries(section.properties ?? {})) {
      if (setting.items?.properties) tables.push([key, setting]);
      else lines.push(...entry(key, setting, setting.default === undefined ? '# ' : ''), '');
    }
    for (const [key, setting] of tables) {
      lines.push(...comment(setting.description ?? ''), `# [[${name}.${key}]]`);
      for (const [inner, described] of Object.entries(setting.items?.properties ?? {})) {
        lines.push(...comment(described.description ?? ''), ...assignment(inner, described, '# '));
      }
      lines.push('');
    }
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** The reference page, `docs/reference/settings.md`. */
export function referencePage(): string {
  const lines = [
    '# Settings',
    '',
    'Generated from `src/settings/schema.ts` by `npm run generate`. Example file: `config/fogd.toml`.',
    '',
  ];
  for (const [name, section] of sections()) {
    lines.push(
      `## ${name}`,
      '',
      section.description ?? '',
      '',
      '| setting | values | default | meaning |',
      '|---|---|---|---|',
    );
    lines.push(...rows(name, section), '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function sections(): Array<[string, Described]> {
  return Object.entries(SettingsSchema.properties as unknown as Record<string, Described>);
}

function rows(prefix: string, described: Described): string[] {
  return Object.entries(described.properties ?? {}).flatMap(([key, setting]) => {
    if (setting.items?.properties) return rows(`${prefix}.${key}[]`, setting.items);
    const fog = setting.fog === undefined ? '' : ` FOG: \`${setting.fog}\`.`;
    const initial = setting.default === undefined ? '–' : `\`${JSON.stringify(setting.default)}\``;
    return [
      `| \`${prefix}.${key}\` | ${values(setting)} | ${initial} | ${setting.description ?? ''}${fog} |`,
    ];
  });
}

function values({ enum: choices, minimum, maximum, type }: Described): string {
  if (choices) return choices.map((choice) => `\`${String(choice)}\``).join(', ');
  if (minimum !== undefined) return `${minimum}–${maximum}`;
  return { boolean: '`true`, `false`', string: 'text', array: 'list' }[type ?? ''] ?? '';
}

function entry(key: string, setting: Described, prefix: string): string[] {
  const choices = setting.enum
    ? [`# One of: ${setting.enum.map((choice) => `"${String(choice)}"`).join(', ')}`]
    : [];
  const fog = setting.fog === undefined ? [] : [`# FOG: ${setting.fog}`];
  return [...comment(setting.description ?? ''), ...choices, ...fog, ...assignment(key, setting, prefix)];
}

function assignment(key: string, setting: Described, prefix: string): string[] {
  const value = setting.default ?? setting.examples?.[0];
  return [`${prefix}${stringify({ [key]: value }).trim()}`];
}

function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return text === '' ? [] : [...lines, line];
}

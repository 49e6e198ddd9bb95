import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { GenerationPlace, GenerationState } from '#domain/generation.js';
import { IMAGE_FORMATS, IMAGE_TYPE_NAMES, type ImageType, OS_NAMES } from '#domain/image.js';
import { showArrivals } from './arrivals.js';
import { callApi, listAll } from './client.js';
import { asList, listed } from './list.js';
import { jsonOption, numberOption, stateOption } from './options.js';
import { print } from './print.js';
import { bytes, listing, plain, table, time } from './tables.js';
import { bar, ProgressLine } from './terminal.js';

interface ImageView {
  readonly id: number;
  readonly name: string;
  readonly path: string;
  readonly type: ImageType;
  readonly osId: number;
  readonly format: number;
  readonly enabled: boolean;
  readonly protected: boolean;
  readonly capone: readonly string[];
  readonly generation: number;
  readonly capturedAt: number | null;
  readonly clientBytes: number;
  readonly published: { readonly bytes: number; readonly files: number; readonly changedAt: number } | null;
  readonly state: GenerationState | null;
  /** Only where one image is shown. */
  readonly partitions?: readonly PartitionView[] | null;
}

interface ImportView {
  readonly folder: string;
  readonly problem?: string;
  readonly image?: { readonly name: string; readonly osId: number };
  readonly imported?: {
    readonly type: ImageType;
    readonly format: number;
    readonly fileSystems: readonly string[];
    readonly files: number;
    readonly bytes: number;
    readonly warnings: readonly string[];
  };
}

interface CopyView {
  readonly path: string;
  readonly bytes: number;
  readonly total: number;
}

interface PartitionView {
  readonly number: number;
  readonly bytes: number;
  readonly type: string;
  readonly fileSystem: string | null;
  readonly savedBytes: number;
}

interface GenerationView {
  readonly number: number;
  readonly state: GenerationState;
  readonly place: GenerationPlace;
  readonly source: string;
  readonly publishedAt: number;
  readonly serverBytes: number;
  readonly reason: string;
  /** Of a verification that is at work. */
  readonly percent: number | null;
  readonly deploys: readonly { readonly host: string }[];
}

interface Options {
  readonly state: string;
  readonly json?: true;
  readonly path?: string;
  readonly type?: string;
  readonly os?: number;
  readonly format?: number;
  readonly compress?: number;
  readonly protect?: boolean;
  readonly enable?: boolean;
  readonly capone?: string[];
  readonly files?: true;
  readonly name?: string;
  readonly all?: true;
}

const TYPES =
  'n: one disk, resized at deploy; mps: one disk as it is; mpa: all disks as they are; dd: one disk, sector by sector';
const list = (names: Readonly<Record<number, string>>) =>
  Object.entries(names)
    .map(([id, name]) => `${id} ${name}`)
    .join(', ');

export function addImage(program: Command): void {
  const image = program
    .command('image')
    .description('what is captured from one disk and deployed to others')
    .addHelpText(
      'after',
      '\nExamples:\n  fogd image list\n  fogd image add base\n  fogd task capture lab-pc-01 --image base',
    );
  const verb = (name: string, description: string) =>
    image.command(name).description(description).addOption(stateOption()).addOption(jsonOption());
  const shaped = (command: Command) =>
    command
      .addOption(new Option('--type <type>', TYPES).choices(Object.keys(IMAGE_TYPE_NAMES)))
      .addOption(numberOption('--os <id>', `operating system: ${list(OS_NAMES)}`))
      .addOption(numberOption('--format <id>', `how files are written: ${list(IMAGE_FORMATS)}`))
      .addOption(numberOption('--compress <n>', 'gzip 0 to 9, zstd 1 to 22'));

  asList(verb('list', 'all images'), 'images')
    .addHelpText('after', '\nExample:\n  fogd image list')
    .action(async (options: Options) => {
      const images = await listed<ImageView>(options, '/images');
      const rows = images.map((one) => [
        one.name,
        one.type,
        one.published ? bytes(one.published.bytes) : 'not captured',
        one.capturedAt === null ? '' : time(one.capturedAt),
        flags(one),
      ]);
      print(
        options,
        images,
        images.length === 0
          ? ['no images yet: fogd image add NAME']
          : listing(['NAME', 'TYPE', 'SIZE', 'CAPTURED', ''], rows),
      );
    });

  verb('show <image>', 'one image, by name or folder')
    .addHelpText('after', '\nExample:\n  fogd image show base')
    .action(async (key: string, options: Options) => {
      const found = await callApi<ImageView>(options.state, 'GET', path(key));
      print(options, found, describe(found));
    });

  shaped(verb('add <name>', 'make an image; its files come with the first capture'))
    .option('--path <folder>', 'folder name; default: made from the name')
    .option('--protect', 'refuse captures into it')
    .addHelpText('after', '\nExample:\n  fogd image add "Ubuntu 24.04" --type n --os 50')
    .action(async (name: string, options: Options) => {
      const body = {
        name,
        ...(options.path === undefined ? {} : { path: options.path }),
        ...shapeOf(options),
      };
      const added = await callApi<ImageView>(options.state, 'POST', '/images', body);
      print(options, added, [
        `added ${added.name} (folder ${added.path}); capture it with: fogd task capture HOST --image "${added.name}"`,
      ]);
    });

  shaped(verb('change <image>', 'change how it is captured, or what may be done with it'))
    .option('--protect', 'refuse captures into it, and its removal')
    .option('--no-protect', 'allow captures into it')
    .option('--enable', 'let tasks use it')
    .option('--no-enable', 'refuse tasks with it')
    .option(
      '--capone <value...>',
      'DMI values of machines that get it from the menu without being hosts; "" for none',
    )
    .addHelpText('after', '\nExample:\n  fogd image change base --no-protect')
    .action(async (key: string, options: Options) => {
      const changed = await callApi<ImageView>(options.state, 'PATCH', path(key), shapeOf(options));
      print(options, changed, describe(changed));
    });

  verb(
    'import <folder>',
    'take an image that a FOG server wrote: in place inside the images folder, else by copy',
  )
    .option('--name <name>', 'default: the name of its folder')
    .option('--all', 'all images in the folder, such as /images of a FOG server')
    .addOption(numberOption('--os <id>', `operating system: ${list(OS_NAMES)}`))
    .addHelpText('after', '\nExample:\n  fogd image import --all /mnt/old-fog/images')
    .action(async (folder: string, options: Options) => {
      const { name, os, all } = options;
      const body = {
        path: resolve(folder),
        ...(name === undefined ? {} : { name }),
        ...(os === undefined ? {} : { osId: os }),
        ...(all ? { all } : {}),
      };
      const taken = callApi<ImportView[]>(options.state, 'POST', '/images/import', body);
      if (!options.json) await showArrivals(taken, () => copies(options.state));
      const results = await taken;
      print(options, results, results.length === 0 ? ['no folders there'] : results.flatMap(importLines));
      if (results.some(({ problem }) => problem !== undefined)) process.exitCode = 1;
    });

  asList(
    verb(
      'generations <image>',
      'its captures: which is deployed, which a rollback brings back, what is verified',
    ),
    'generations',
  )
    .addHelpText('after', '\nExample:\n  fogd image generations base')
    .action(async (key: string, options: Options) => {
      const found = await listed<GenerationView>(options, `${path(key)}/generations`);
      print(options, found, found.length === 0 ? ['it was never captured'] : generationTable(found));
    });

  verb('rollback <image>', 'bring back the generation before; a second rollback undoes it')
    .addHelpText('after', '\nExample:\n  fogd image rollback base')
    .action(async (key: string, options: Options) => {
      const current = await callApi<GenerationView>(options.state, 'POST', `${path(key)}/rollback`);
      print(options, current, [
        `generation ${current.number} of ${time(current.publishedAt)} is deployed from now on; deploys under way end with what they began with`,
      ]);
    });

  verb('verify <image>', 'read all its files back again, in the background')
    .option('--wait', 'show how far it is until it is done; ends with 1 when a file is damaged')
    .addHelpText('after', '\nExamples:\n  fogd image verify base\n  fogd image verify base --wait')
    .action(async (key: string, { wait, ...options }: Options & { readonly wait?: true }) => {
      const queued = await callApi<GenerationView[]>(options.state, 'POST', `${path(key)}/verify`);
      const numbers = queued.map(({ number }) => number);
      if (!wait) {
        print(options, queued, [
          `will be read back: ${numbers.map((number) => `generation ${number}`).join(', ')}; how far it is: fogd image generations ${key}`,
        ]);
        return;
      }
      const read = await verified(options.state, key, numbers);
      print(options, read, read.length === 0 ? ['it was never captured'] : generationTable(read));
      if (read.some(({ state }) => state === 'damaged')) process.exitCode = 1;
    });

  verb('remove <image>', 'forget an image; its files stay unless --files is given')
    .addHelpText('after', '\nExample:\n  fogd image remove base --files')
    .alias('delete')
    .option('--files', 'delete its files too, the previous generation included')
    .action(async (key: string, options: Options) => {
      const query = options.files ? '?files=true' : '';
      const removed = await callApi<ImageView>(options.state, 'DELETE', `${path(key)}${query}`);
      print(options, removed, [`removed ${removed.name}${options.files ? ' and its files' : ''}`]);
    });
}

const LOOK_EVERY_MS = 1_000;

/** The generations when they were all read back. Those that a capture has replaced meanwhile are not waited for. */
async function verified(
  state: string,
  key: string,
  numbers: readonly number[],
): Promise<readonly GenerationView[]> {
  const progress = new ProgressLine(() => performance.now());
  for (;;) {
    const all = await listAll<GenerationView>(state, `${path(key)}/generations`);
    const ours = all.filter(({ number }) => numbers.includes(number));
    const waits = ours.filter((one) => one.place !== 'gone' && !DECIDED.has(one.state));
    if (waits.length === 0) {
      progress.done();
      return ours;
    }
    const reads = waits.map(({ number, percent }) => `generation ${number}: ${percent ?? 0} %`);
    progress.say(plain(`${key} ${bar((waits[0]?.percent ?? 0) / 100, 30)} ${reads.join(', ')}`));
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function copies(state: string) {
  const arriving = await callApi<CopyView[]>(state, 'GET', '/images/import/arriving');
  return arriving.map(({ path: name, ...copy }) => ({ name, ...copy }));
}

const DECIDED: ReadonlySet<GenerationState> = new Set(['verified', 'damaged']);

function importLines({ folder, problem, image, imported }: ImportView): string[] {
  if (!image || !imported) return [`not imported: ${problem ?? folder}`];
  const { type, format, fileSystems, files, bytes: size, warnings } = imported;
  const systems = fileSystems.length === 0 ? '' : `, ${fileSystems.join(' and ')}`;
  return [
    `imported ${image.name}: ${type}, ${IMAGE_FORMATS[format] ?? 'Partimage'}${systems}; ${files} files, ${bytes(size)}; taken for ${OS_NAMES[image.osId]} (another: fogd image change "${image.name}" --os)`,
    ...warnings,
  ];
}

function generationTable(generations: readonly GenerationView[]): string[] {
  const states = {
    received: 'to be verified',
    verified: 'verified',
    damaged: 'damaged',
    published: 'to be verified',
  };
  const rows = generations.map(
    ({ number, state, place, publishedAt, source, serverBytes, deploys, reason, percent }) => [
      String(number),
      place,
      percent === null
        ? place === 'gone' && state === 'published'
          ? ''
          : states[state]
        : `is being read back, ${percent} %`,
      time(publishedAt),
      source,
      bytes(serverBytes),
      deploys.length === 0 ? '' : String(deploys.length),
      reason,
    ],
  );
  return listing(['GENERATION', '', 'STATE', 'CAPTURED', 'FROM', 'SIZE', 'DEPLOYED', ''], rows);
}

function partitionTable(partitions: readonly PartitionView[]): string[] {
  const rows = partitions.map(({ number, bytes: size, type, fileSystem, savedBytes }) => [
    String(number),
    bytes(size),
    fileSystem ?? 'not saved',
    savedBytes === 0 ? '' : bytes(savedBytes),
    type,
  ]);
  return listing(['PARTITION', 'ON CLIENT', 'FILE SYSTEM', 'ON SERVER', 'TYPE'], rows);
}

function path(key: string): string {
  return `/images/${encodeURIComponent(key)}`;
}

function shapeOf({ type, os, format, compress, protect, enable, capone }: Options): Record<string, unknown> {
  const entries = {
    type,
    osId: os,
    format,
    compress,
    protected: protect,
    enabled: enable,
    capone: capone?.filter((value) => value !== ''),
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

function flags({ protected: isProtected, enabled, state }: ImageView): string {
  const states = { received: '', verified: '', damaged: 'damaged', published: 'not verified yet' };
  return [state === null ? '' : states[state], isProtected ? 'protected' : '', enabled ? '' : 'disabled']
    .filter(Boolean)
    .join(', ');
}

function describe(image: ImageView): string[] {
  const { published } = image;
  const lines = table(
    [
      ['name', image.name],
      ['folder', image.path],
      ['type', `${image.type} (${IMAGE_TYPE_NAMES[image.type]})`],
      ['operating system', OS_NAMES[image.osId] ?? String(image.osId)],
      ['format', IMAGE_FORMATS[image.format] ?? String(image.format)],
      [
        'captured',
        image.capturedAt === null ? 'never' : `${time(image.capturedAt)}, ${image.generation} times in all`,
      ],
      ['files', published ? `${published.files}, ${bytes(published.bytes)}` : 'none'],
      ['on the client', image.clientBytes === 0 ? '' : bytes(image.clientBytes)],
      ['capone', image.capone.join(', ')],
      ['', flags(image)],
    ].filter(([, value]) => value !== ''),
  );
  return image.partitions ? [...lines, '', ...partitionTable(image.partitions)] : lines;
}

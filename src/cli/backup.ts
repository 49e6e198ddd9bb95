import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Manifest } from '#backup/manifest.js';
import { FogdError } from '#errors.js';
import { streamSocket } from './client.js';
import { CONFIG_HELP, effectiveSettings } from './effective-settings.js';
import { cliErrors } from './errors.js';
import { jsonOption, stateOption } from './options.js';
import { print } from './print.js';
import { bytes, time } from './tables.js';
import { ProgressLine } from './terminal.js';
import { version } from './version.js';

interface Options {
  readonly state: string;
  readonly json?: true;
}

export function addBackup(program: Command): void {
  program
    .command('backup <file>')
    .description('save the store and the keys in one file, whether fogd runs or not')
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  fogd backup /srv/backup/fogd.tar')
    .action(backup);

  program
    .command('restore <file>')
    .description('put a backup in the place of the state, while fogd is stopped')
    .addOption(stateOption())
    .addOption(jsonOption())
    .option('--force', 'also where there is a store already; it is kept beside')
    .addHelpText('after', '\nExample:\n  systemctl stop fogd\n  fogd restore /srv/backup/fogd.tar --force')
    .action(restore);

  program
    .command('verify [file]')
    .description('read a whole backup, or the store of a fogd that is stopped, and say what is wrong')
    .addOption(stateOption())
    .option('--config <file>', CONFIG_HELP)
    .addOption(jsonOption())
    .addHelpText('after', '\nExamples:\n  fogd verify /srv/backup/fogd.tar\n  fogd verify')
    .action(verify);
}

async function backup(name: string, { state, json }: Options): Promise<void> {
  const file = resolve(name);
  const [{ saveBackup }, { LEFT_OUT }] = await Promise.all([
    import('#backup/save.js'),
    import('#backup/parts.js'),
  ]);
  const running = await ofRunning(state);
  const manifest = await untilSignal((signal) =>
    running ? saveBackup(file, counted(running), signal) : saveStopped(file, resolve(state), signal),
  );
  print({ ...(json && { json }) }, { file, ...manifest, leftOut: LEFT_OUT }, [
    `${file}: ${describe(manifest)}, read back and whole`,
    ...LEFT_OUT.map((line) => `not in it: ${line}`),
  ]);
}

/** Ctrl-C leaves no half file. A second one ends it at once. */
async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = () => stop.abort(cliErrors.INTERRUPTED({}));
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, abort);
  try {
    return await work(stop.signal);
  } finally {
    for (const signal of signals) process.off(signal, abort);
  }
}

/** Shows how much has come. How much it will be, fogd does not know before it is packed. */
async function* counted(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const progress = new ProgressLine(() => performance.now());
  let count = 0;
  try {
    for await (const chunk of content) {
      count += chunk.length;
      progress.say(`${bytes(count)} saved`);
      yield chunk;
    }
  } finally {
    progress.done();
  }
}

/** Undefined where no daemon runs. */
async function ofRunning(state: string): Promise<AsyncIterable<Buffer> | undefined> {
  try {
    return await streamSocket(state, '/backup');
  } catch (error) {
    if (error instanceof FogdError && error.code === 'DAEMON_NOT_RUNNING') return undefined;
    throw error;
  }
}

async function saveStopped(file: string, state: string, signal: AbortSignal): Promise<Manifest> {
  const [{ pack }, { saveBackup }, { whileStopped }] = await Promise.all([
    import('#backup/pack.js'),
    import('#backup/save.js'),
    import('#backup/stopped.js'),
  ]);
  return whileStopped(state, false, async (folder) => {
    const packed = await pack(folder, version, Date.now());
    try {
      return await saveBackup(file, packed.content(), signal);
    } finally {
      await packed.drop();
    }
  });
}

async function restore(name: string, { state, json, force }: Options & { force?: true }): Promise<void> {
  const file = resolve(name);
  const [{ restore: put }, { whileStopped }] = await Promise.all([
    import('#backup/restore.js'),
    import('#backup/stopped.js'),
  ]);
  const { manifest, kept } = await whileStopped(resolve(state), true, (folder) =>
    put(folder, file, { force: force === true, now: Date.now() }),
  );
  print({ ...(json && { json }) }, { ...manifest, kept: kept ?? null }, [
    `restored into ${resolve(state)}: ${describe(manifest)}`,
    ...(kept === undefined ? [] : [`what was there before: ${kept}; delete it when all is well`]),
    'now start fogd, and check its boot files with: fogd bootfile verify',
  ]);
}

async function verify(name: string | undefined, options: Options & { config?: string }): Promise<void> {
  const { json } = options;
  const found = name === undefined ? await verifyStopped(options) : await verifyFile(resolve(name));
  const { subject, problems, about } = found;
  print({ ...(json && { json }) }, { subject, ok: problems.length === 0, problems, ...about }, [
    ...(problems.length === 0 ? [`${subject}: OK`] : problems.map((problem) => `${subject}: ${problem}`)),
  ]);
  if (problems.length === 0) return;
  process.exitCode = 1;
}

async function verifyFile(file: string) {
  const { verifyBackup } = await import('#backup/verify.js');
  const { problems, manifest } = await verifyBackup(file);
  return { subject: file, problems, about: manifest };
}

async function verifyStopped({ state, config }: { readonly state: string; readonly config?: string }) {
  const [{ verifyState }, { whileStopped }] = await Promise.all([
    import('#backup/verify.js'),
    import('#backup/stopped.js'),
  ]);
  const { images } = await effectiveSettings({ state, ...(config !== undefined && { config }) });
  const { schema, problems } = await whileStopped(resolve(state), false, (folder) =>
    verifyState(folder, images.folder ?? join(folder, 'images')),
  );
  return { subject: resolve(state), problems, about: { schema } };
}

function describe({ version: of, madeAt, parts }: Manifest): string {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const keys = parts.length - 1;
  return `store (schema of fogd ${of}) and ${keys} key file${keys === 1 ? '' : 's'}, ${bytes(size)}, of ${time(madeAt)}`;
}

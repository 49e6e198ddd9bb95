import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { ServiceStatus } from '#daemon/supervisor.js';
import type { Line } from '#doctor/doctor.js';
import type { RunningFogd, SnapinFile } from '#doctor/world.js';
import { FogdError } from '#errors.js';
import { callApi, listAll } from './client.js';
import { addSettingsOptions, effectiveSettings, type SettingsOptions } from './effective-settings.js';
import { jsonOption } from './options.js';
import { print } from './print.js';
import { table } from './tables.js';
import { packageRoot } from './version.js';

interface Options extends SettingsOptions {
  readonly imagingOs: string;
  readonly json?: true;
}

export function addDoctor(program: Command): void {
  addSettingsOptions(
    program
      .command('doctor')
      .description(
        'look at everything that fogd needs on this machine, whether it runs or not, and say what to do',
      ),
  )
    .option(
      '--imaging-os <folder>',
      'the built imaging environment',
      fileURLToPath(new URL('var/imaging-os', packageRoot)),
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nEnds with 1 when something does not work. As root it sees most.\n\nExample:\n  fogd doctor',
    )
    .action(async (options: Options) => {
      const { examine } = await import('#doctor/doctor.js');
      const { realWorld } = await import('#doctor/world.js');
      const settings = await effectiveSettings(options);
      const state = resolve(options.state);
      const running = await runningOn(state);
      const lines = await examine(
        await realWorld({ settings, state, imagingOs: resolve(options.imagingOs), running }),
      );
      print(options, lines, report(lines));
      if (lines.some(({ level }) => level === 'fail')) process.exitCode = 1;
    });
}

/** One line for each finding: how bad, what it is about, what was found and what to do. */
export function report(lines: readonly Line[]): string[] {
  return table(
    lines.map(({ level, check, text, remedy }) => [
      level.toUpperCase(),
      check,
      remedy === undefined ? text : `${text}: ${remedy}`,
    ]),
  );
}

/** Undefined where no fogd runs. */
async function runningOn(state: string): Promise<RunningFogd | undefined> {
  try {
    const { services } = await callApi<{ services: ServiceStatus[] }>(state, 'GET', '/status');
    const { pidOf } = await import('#doctor/world.js');
    return {
      services,
      pid: await pidOf(state),
      snapins: () => listAll<SnapinFile>(state, '/snapins'),
    };
  } catch (error) {
    if (error instanceof FogdError && error.code === 'DAEMON_NOT_RUNNING') return undefined;
    throw error;
  }
}

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { addSettingsOptions, effectiveSettings, type SettingsOptions } from './effective-settings.js';
import { startScreen } from './start-screen.js';
import { packageRoot, version } from './version.js';

interface ServeOptions extends SettingsOptions {
  readonly imagingOs: string;
}

export function addServe(program: Command): void {
  addSettingsOptions(program.command('serve').description('run the daemon in the foreground'))
    .option(
      '--imaging-os <folder>',
      'the built imaging environment',
      fileURLToPath(new URL('var/imaging-os', packageRoot)),
    )
    .addHelpText(
      'after',
      '\nExample:\n  fogd serve --config /etc/fogd/fogd.toml --dhcp proxy --interface eth0',
    )
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  // Loaded only here: the other commands are clients and start in a fraction of the time.
  const [{ createLogger }, { startDaemon }, { serviceEnvironment }] = await Promise.all([
    import('#daemon/log.js'),
    import('#main.js'),
    import('#settings/environment.js'),
  ]);
  const settings = await effectiveSettings(options);
  const log = await createLogger(settings.log.level, process.stdout.isTTY === true);
  const state = resolve(options.state);
  // Before anything can be told that fogd is ready: a signal sent right after must not just kill it.
  const asked = stopSignal();
  const daemon = await startDaemon({ settings, state, imagingOs: resolve(options.imagingOs), version, log });
  // Under a service manager nobody sits before it; the log has said the same.
  if (serviceEnvironment().notifySocket === undefined)
    process.stderr.write(startScreen({ version, state, settings, services: daemon.status() }));

  const signal = await asked;
  log.info({ signal }, 'stopping: running transfers and requests finish first');
  await daemon.stop();
  log.info('stopped');
}

/** Resolves with the first request to stop. A second one means: now. What was acknowledged is durable already. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let count = 0;
    const receive = (signal: NodeJS.Signals) => {
      count += 1;
      if (count > 1) process.exit(1);
      resolve(signal);
    };
    process.on('SIGTERM', receive);
    process.on('SIGINT', receive);
  });
}

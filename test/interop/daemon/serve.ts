/**
 * The whole daemon on a clock that stands still: `node serve.js CONFIG STATE START`. Each line of standard input moves the clock on by so many
 * milliseconds, and is answered when what fell due was begun; the first line of standard output says that all services have been started.
 */
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import { startDaemon } from '#main.js';
import { loadSettings } from '#settings/load.js';
import { VirtualClock } from '../../unit/virtual-clock.js';

const [config = '', state = '', start = ''] = process.argv.slice(2);
const clock = new VirtualClock(Number(start));
const daemon = await startDaemon({
  settings: loadSettings(config),
  state,
  imagingOs: state,
  version: '0.0.0-test',
  log: pino({ level: 'warn' }, pino.destination(2)),
  clock,
});
const say = (line: string) => process.stdout.write(`${line}\n`);
say('started');
createInterface({ input: process.stdin }).on('line', (line) => {
  void clock.advance(Number(line)).then(() => say('moved'));
});
process.once('SIGTERM', () => {
  void daemon.stop().then(() => process.exit(0));
});

import { describe, expect, it } from 'vitest';
import { command } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

/** `upgrade_start` with a systemd whose starts end as told (ok, or a result of systemd.service). Exit code, and the starts it took. */
async function start(...endings: string[]): Promise<[number | null, number]> {
  const script = `set -euo pipefail
. "$1"
shift
tried=0
systemctl() {
  case $1 in
    start) tried=$((tried + 1)); [ "\${endings[tried - 1]}" = ok ] ;;
    show) printf '%s\\n' "\${endings[tried - 1]}" ;;
  esac
}
endings=("$@") code=0
upgrade_start || code=$?
echo "$tried"
exit "$code"`;
  const library = inRepository('scripts', 'lib', 'upgrade.sh');
  const { code, stdout } = await command(['bash', '-c', script, 'bash', library, ...endings]);
  return [code, Number(stdout)];
}

describe('a start of the service', () => {
  it('for which systemd has no resources at the first try is tried again: the release of before was given up', async () => {
    expect(await start('resources', 'ok')).toEqual([0, 2]);
    expect(await start('resources', 'resources')).toEqual([1, 2]);
  });

  it('that works, or that the program itself ended, is not', async () => {
    expect(await start('ok')).toEqual([0, 1]);
    expect(await start('exit-code')).toEqual([1, 1]);
    expect(await start('timeout')).toEqual([1, 1]);
  });
});

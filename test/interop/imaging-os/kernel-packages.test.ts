import { describe, expect, it } from 'vitest';
import { command } from '../../lab/process.js';
import { inRepository } from '../../lab/repository.js';

/** What apt says of its kernels in each system that fogd is installed on, recorded; the build takes the kernel and its modules from it. */
const SCRIPT = `set -euo pipefail
shopt -s inherit_errexit
apt-cache() { awk -v name="$2" '/^[^ ]/ { inside = $1 == name } inside' "$said"; }
said=$1
. "$2"
kernel_packages`;

const packagesOf = async (system: string) => {
  const said = inRepository('test', 'fixtures', 'kernel-packages', `${system}.txt`);
  const library = inRepository('imaging-os', 'lib', 'packages.sh');
  const { code, stdout, stderr } = await command(['bash', '-c', SCRIPT, 'bash', said, library]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trim().split('\n');
};

describe('the kernel of the imaging environment', () => {
  it.each([
    ['bookworm', ['linux-image-6.1.0-50-amd64']],
    ['trixie', ['linux-image-6.12.117+deb13-amd64']],
    [
      'noble',
      [
        'linux-image-6.8.0-31-generic',
        'linux-modules-6.8.0-31-generic',
        'linux-modules-extra-6.8.0-31-generic',
      ],
    ],
  ])('in %s is one package, or with its modules several', async (system, packages) => {
    expect(await packagesOf(system)).toEqual(packages);
  });
});

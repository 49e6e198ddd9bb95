import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { report } from '#cli/doctor.js';
import { CHECKS, examine } from '#doctor/doctor.js';
import { heldPorts, portPlan } from '#ports/plan.js';
import { entry, type FakeWorld, GIB, NOW, world } from './world.js';

/** `LEVEL text: remedy` of one check. */
async function look(check: string, fake: FakeWorld): Promise<string[]> {
  const found = await CHECKS[check]?.(world(fake));
  return (found ?? []).map(({ level, text, remedy }) =>
    remedy === undefined ? `${level} ${text}` : `${level} ${text}: ${remedy}`,
  );
}

const service = (
  name: string,
  state: 'running' | 'failed' | 'degraded',
  detail: string,
  remedy?: string,
) => ({
  ...{ name, state, detail },
  ...(remedy === undefined ? {} : { remedy }),
});
const running = (...services: ReturnType<typeof service>[]) => ({
  pid: 812,
  services,
  snapins: async () => [],
});
const DHCP = '[dhcp]\nmode = "proxy"\ninterfaces = ["eth0"]\n';
const SERVER = `[dhcp]\nmode = "server"\ninterfaces = ["eth0"]\nsubnets = [{ network = "10.0.0.0/24", ranges = ["10.0.0.100-10.0.0.200"] }]\n`;

describe('doctor', () => {
  it('finds nothing wrong where nothing is, except that fogd does not run', async () => {
    const lines = await examine(world());
    expect(lines.filter(({ level }) => level !== 'ok').map(({ check }) => check)).toEqual(['services']);
    expect(new Set(lines.map(({ check }) => check))).toEqual(new Set(Object.keys(CHECKS)));
  });

  it('goes on where a check cannot look', async () => {
    const space = () => Promise.reject(new Error('EIO'));
    const lines = await examine(world({ space }));
    expect(lines.filter(({ check }) => check === 'disk')).toEqual([
      expect.objectContaining({ level: 'warn', text: 'could not be looked at (EIO)' }),
    ]);
    expect(lines.at(-1)?.check).toBe('certificates');
  });

  it('of a daemon whose store is sick tells its services all the same', async () => {
    const sick = { ...running(), snapins: () => Promise.reject(new Error('the store is damaged')) };
    const lines = await examine(world({ running: sick }));
    const of = (name: string) => lines.filter(({ check }) => check === name).map(({ text }) => text);
    expect(of('services')).toEqual(['all 0 services of fogd (pid 812)']);
    expect(of('snapins')).toEqual(['could not be looked at (the store is damaged)']);
  });

  it('says for everything that is not well what to do, in one line', () => {
    expect(
      report([
        { check: 'clock', level: 'ok', text: 'right' },
        { check: 'ports', level: 'fail', text: '67/udp is held by \x1b[31mdnsmasq', remedy: 'stop it' },
      ]),
    ).toEqual(['OK    clock  right', 'FAIL  ports  67/udp is held by ?[31mdnsmasq: stop it']);
  });

  const cases: ReadonlyArray<
    readonly [check: string, what: string, fake: FakeWorld, expected: readonly string[]]
  > = [
    [
      'services',
      'a failed one',
      {
        running: running(
          service('dhcp', 'failed', 'port 67/udp is held', 'stop it'),
          service('nfs', 'degraded', 'slow'),
        ),
      },
      ['fail dhcp: port 67/udp is held: stop it', 'warn nfs: slow: look at: fogd status'],
    ],
    [
      'services',
      'all well',
      { running: running(service('http', 'running', '')) },
      ['ok all 1 services of fogd (pid 812)'],
    ],
    [
      'kernel',
      'an old one',
      { texts: { '/proc/sys/kernel/osrelease': '4.17.3\n' } },
      ['fail Linux 4.17.3 is too old: use Linux 4.18 or newer'],
    ],
    [
      'clock',
      'of the year 2000',
      { now: Date.UTC(2000, 0, 1) },
      ['fail the clock says 2000-01-01 00:00 UTC: set it: timedatectl set-ntp true'],
    ],
    [
      'interfaces',
      'without an address',
      { interfaces: {} },
      ['fail no machine can reach this one: it has no address: connect it to the network of the machines'],
    ],
    [
      'interfaces',
      'settings that do not fit',
      { toml: DHCP, problems: [{ path: 'dhcp.interfaces.0', what: 'does not fit', mend: 'mend it' }] },
      ['fail dhcp.interfaces.0 does not fit: mend it', 'ok eth0 has 10.0.0.1/24'],
    ],
    [
      'name',
      'unknown',
      { toml: '[server]\nhostname = "boot.example"\n' },
      [
        'fail the name boot.example (server.hostname) is not known: add it to the DNS server that machines ask',
      ],
    ],
    [
      'name',
      'ours',
      { toml: '[server]\nhostname = "boot.example"\n', addresses: async () => ['10.0.0.1'] },
      ['ok boot.example is this machine'],
    ],
    [
      'name',
      'of loopback, as Debian writes it into /etc/hosts',
      { toml: '[server]\nhostname = "boot.example"\n', addresses: async () => ['127.0.1.1'] },
      [
        'fail boot.example (server.hostname) leads to 127.0.1.1, which is not an address of this machine that others reach: mend it, or server.hostname',
      ],
    ],
    [
      'other dhcp',
      'beside a server',
      {
        toml: SERVER,
        running: running(service('dhcp', 'degraded', 'server on eth0; other DHCP server: 10.0.0.9 on eth0')),
      },
      [
        'warn machines also get addresses from 10.0.0.9 on eth0: turn that one off, or set dhcp.mode = "proxy"',
      ],
    ],
    [
      'other dhcp',
      'beside a proxy, where it belongs',
      {
        toml: DHCP,
        running: running(service('dhcp', 'running', 'proxy; other DHCP server: 10.0.0.9 on eth0')),
      },
      ['ok addresses are leased by 10.0.0.9 on eth0'],
    ],
    [
      'ports',
      'held by another while fogd is stopped',
      {
        holders: {
          '69/udp': 'dnsmasq (pid 5)',
          '111/tcp': 'rpcbind (pid 6)',
          '2049/tcp': 'ganesha.nfsd (pid 7)',
        },
      },
      [
        'fail 69/udp is held by dnsmasq (pid 5): stop it, or change the port in the settings',
        'ok free: 80/tcp, 111/tcp, 443/tcp, 2049/tcp, 20048/tcp, 111/udp, 61000-61099/udp',
      ],
    ],
    [
      'rights',
      'a fogd without them',
      { toml: DHCP, running: running(), texts: { '/proc/812/status': 'CapEff:\t0000000000000400\n' } },
      ['fail fogd lacks CAP_NET_RAW: start it by its unit (systemctl start fogd), or as root'],
    ],
    [
      'rights',
      'few files',
      {
        running: running(),
        texts: {
          '/proc/812/status': 'CapEff:\t0000000000002400\n',
          '/proc/812/limits': 'Max open files            1024                 524288               files\n',
        },
      },
      ['warn fogd may open only 1024 files and sockets: raise LimitNOFILE to at least 4096'],
    ],
    [
      'permissions',
      'open to others, and of root',
      {
        entries: {
          '/state': entry({ mode: 0o755 }),
          '/state/fogd.sqlite': entry({ kind: 'file', uid: 0, mode: 0o644 }),
        },
      },
      [
        'fail /state is open to others (mode 755): chmod 700 /state',
        'fail /state/fogd.sqlite belongs to user 0, the state folder to 990: chown -R 990 /state/fogd.sqlite',
        'fail /state/fogd.sqlite can be read by others (mode 644): chmod 600 /state/fogd.sqlite',
      ],
    ],
    [
      'permissions',
      'of a user that has a name',
      {
        texts: {
          '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nfogd:x:990:990::/var/lib/fogd:/usr/sbin/nologin\n',
        },
      },
      ['ok /state and what is in it belong to user fogd'],
    ],
    [
      'disk',
      'nearly full',
      {
        space: async (path) => ({
          free: path === '/state' ? GIB : GIB / 2,
          size: GIB,
          inodes: 0,
          inodesFree: 0,
        }),
      },
      [
        'ok disk of the state (/state): 1,024 MiB free',
        'warn disk of the images (/state/images): 512 MiB free: free space: at least 1024 MiB',
      ],
    ],
    [
      'disk',
      'without inodes',
      {
        space: async () => ({ free: 9 * GIB, size: 9 * GIB, inodes: 100, inodesFree: 0 }),
        toml: '[images]\nreserve_mib = 0\n',
      },
      ['state (/state)', 'images (/state/images)'].map(
        (what) =>
          `fail disk of the ${what}: only 0 more files can be made (inodes): remove files, or make a file system with more inodes`,
      ),
    ],
    [
      'images',
      'of another user, on two disks',
      {
        toml: '[images]\nfolder = "/images"\n',
        entries: { '/images': entry({ uid: 0, mode: 0o755 }), '/images/.fogd/sessions': entry({ dev: 2 }) },
      },
      [
        'fail /images belongs to user 0, and fogd runs as user 990: chown 990 /images',
        'fail /images and /images/.fogd are on two file systems: images.folder must be one file system',
      ],
    ],
    [
      'images',
      'not there',
      { toml: '[images]\nfolder = "/images"\n' },
      ['fail /images (images.folder) is not there: mount its disk, or create it for the user of fogd'],
    ],
    [
      'disk',
      'with a folder of its own for snapins',
      { toml: '[snapins]\nfolder = "/snapins"\n[images]\nreserve_mib = 0\n' },
      ['state (/state)', 'images (/state/images)', 'snapins (/snapins)'].map(
        (what) => `ok disk of the ${what}: 102,400 MiB free`,
      ),
    ],
    [
      'snapins',
      'not mounted',
      { toml: '[snapins]\nfolder = "/snapins"\n' },
      ['fail /snapins (snapins.folder) is not there: mount its disk, or create it for the user of fogd'],
    ],
    [
      'snapins',
      'of another user, one file gone, one changed',
      {
        toml: '[snapins]\nfolder = "/snapins"\n',
        entries: { '/snapins': entry({ uid: 0, mode: 0o755 }) },
        running: {
          ...running(),
          snapins: async () => [
            { name: 'Zip', enabled: true, damage: '' },
            { name: 'Office', enabled: true, damage: 'its file is gone' },
            { name: 'Old', enabled: false, damage: 'its file does not hold what was taken in' },
          ],
        },
      },
      [
        'fail /snapins belongs to user 0, and fogd runs as user 990: chown 990 /snapins',
        'fail the snapin Office: its file is gone: put the file back, or give it another: fogd snapin file "Office" FILE',
        'warn the snapin Old: its file does not hold what was taken in: put the file back, or give it another: fogd snapin file "Old" FILE',
      ],
    ],
    [
      'nfs',
      'not installed',
      { hasProgram: async (program) => !program.startsWith('ganesha') },
      ['fail ganesha.nfsd is not installed: apt-get install nfs-ganesha nfs-ganesha-vfs'],
    ],
    [
      'nfs',
      'failed',
      { running: running(service('nfs', 'failed', 'port 2049/tcp is held', 'stop it')) },
      ['fail machines cannot mount: port 2049/tcp is held: stop it'],
    ],
    [
      'boot files',
      'without iPXE for PCs',
      { hasBootFile: (file) => file !== 'snponly.efi' && file !== 'bzImage' },
      [
        'ok undionly.kpxe, i386-efi/snponly.efi, arm32-efi/snponly.efi, arm64-efi/snponly.efi, init.xz',
        'fail snponly.efi is missing: UEFI x64, UEFI x64 (as Xscale), UEFI x64 (EBC), UEFI x64 HTTP boot cannot boot: apt-get install ipxe',
        'fail bzImage is missing: nothing can be imaged: imaging-os/build var/imaging-os',
      ],
    ],
  ];
  it.each(cases)('%s: %s', async (check, _, fake, expected) => {
    expect(await look(check, fake)).toEqual(expected);
  });

  it('ports: a running fogd must hold them all itself', async () => {
    const all = Object.fromEntries(
      heldPorts(portPlan(world().settings)).map(({ port, protocol, holder }) => [
        `${port}/${protocol}`,
        holder === 'fogd' ? 'node (pid 812)' : `${holder} (pid 9)`,
      ]),
    );
    const good = await look('ports', { running: running(), holders: all });
    expect(good).toEqual([expect.stringMatching(/^ok held: 80\/tcp, .*61000-61099\/udp$/)]);
    const { '80/tcp': _, ...others } = all;
    expect(
      await look('ports', { running: running(), holders: { ...others, '69/udp': 'node (pid 813)' } }),
    ).toEqual([
      expect.stringMatching(/^fail 69\/udp is held by node \(pid 813\): stop it/),
      expect.stringMatching(/^fail nobody listens on 80\/tcp: /),
      expect.stringMatching(/^ok held: /),
    ]);
  });

  describe('certificates', () => {
    const days = (count: number) => NOW + count * 86_400_000;
    const made = execFileSync(
      'openssl',
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=fogd -days 100 -keyout - -out -'.split(
        ' ',
      ),
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const at = (left: number, mode = 0o600): FakeWorld => ({
      now: Date.now() + (100 - left) * 86_400_000 - 3_600_000,
      entries: { '/state/pki/ca.pem': entry({ kind: 'file', mode }) },
      texts: { '/state/pki/ca.pem': made },
    });

    it.each([
      [90, ['ok /state/pki/ca.pem ends in 90 days']],
      [10, ['warn /state/pki/ca.pem ends in 10 days: replace it, or let fogd renew it: look at fogd status']],
      [-1, ['fail the certificate /state/pki/ca.pem has ended: look at the clock and at: fogd status']],
    ])('that end in %i days', async (left, expected) => {
      expect(await look('certificates', at(left))).toEqual(expected);
    });

    it('whose key others can read, that are damaged, or that there are none', async () => {
      expect((await look('certificates', at(90, 0o644)))[0]).toMatch(
        /^fail the key in .* can be read by others/,
      );
      const damaged = made.replace(/(BEGIN CERTIFICATE-----\n)..../, '$1AAAA');
      const fake = { ...at(90), texts: { '/state/pki/ca.pem': damaged } };
      expect(await look('certificates', fake)).toEqual([
        'fail /state/pki/ca.pem is no certificate: restore it from a backup',
      ]);
      expect(await look('certificates', { now: days(0) })).toEqual(['ok none yet']);
    });
  });
});

/** The boot menu as rows (spec fos-protocol 1.8.3, 7.6): FOG's entries, and those of the admin. */

/** FOG's `regMenu`, in words. `debug`: where the request carries `debug`. */
export type ShownTo =
  | 'unregistered'
  | 'registered'
  | 'all'
  | 'debug'
  | 'advanced'
  | 'advanced-login'
  | 'pending';

/**
 * What choosing an entry does. `fos`: boots the imaging environment with `argument` on its kernel line. `login`: asks for name and
 * password and posts the field `argument`. `script`: `argument` are iPXE lines of the admin.
 */
export type MenuAction = 'local' | 'memtest' | 'fos' | 'login' | 'advanced' | 'script';

export interface MenuEntry {
  readonly id: number;
  /** Label of the script: one word. */
  readonly name: string;
  readonly description: string;
  readonly shownTo: ShownTo;
  readonly action: MenuAction;
  readonly argument: string;
  /** Name of a key (`KEYS`), or empty. */
  readonly hotKey: string;
  readonly isDefault: boolean;
  readonly enabled: boolean;
}

const entry = (
  id: number,
  name: string,
  description: string,
  shownTo: ShownTo,
  action: MenuAction,
  argument = '',
): MenuEntry => ({
  id,
  name,
  description,
  shownTo,
  action,
  argument,
  hotKey: '',
  isDefault: id === 1,
  enabled: true,
});

/** The deletion of hosts (8) stays out: it would destroy a host's history from a boot prompt (spec 8.3). */
export const FOG_ENTRIES: readonly MenuEntry[] = [
  entry(1, 'fog.local', 'Boot from hard disk', 'all', 'local'),
  entry(2, 'fog.memtest', 'Run Memtest86+', 'all', 'memtest'),
  entry(
    3,
    'fog.reginput',
    'Perform Full Host Registration and Inventory',
    'unregistered',
    'fos',
    'mode=manreg',
  ),
  entry(4, 'fog.keyreg', 'Update Product Key', 'registered', 'login', 'keyreg'),
  entry(5, 'fog.reg', 'Quick Registration and Inventory', 'unregistered', 'fos', 'mode=autoreg'),
  entry(6, 'fog.deployimage', 'Deploy Image', 'all', 'login', 'qihost'),
  entry(7, 'fog.multijoin', 'Join Multicast Session', 'all', 'login', 'sessionJoin'),
  entry(9, 'fog.sysinfo', 'Client System Information (Compatibility)', 'all', 'fos', 'mode=sysinfo'),
  entry(10, 'fog.debug', 'Debug Mode', 'debug', 'login', 'debugAccess'),
  entry(11, 'fog.advanced', 'Advanced Menu', 'advanced', 'advanced'),
  entry(12, 'fog.advancedlogin', 'Advanced Menu', 'advanced-login', 'login', 'advLog'),
  entry(13, 'fog.approvehost', 'Approve This Host', 'pending', 'login', 'approveHost'),
];

/** Numbers below are FOG's own. */
export const FIRST_OWN_ENTRY = 100;

/** Keys of hidden menus and of entries (spec 7.7), as iPXE codes. */
export const KEYS: ReadonlyMap<string, string> = new Map([
  ...Array.from({ length: 26 }, (_, index): [string, string] => [
    `CTRL + ${String.fromCharCode(65 + index)}`,
    `0x${(index + 1).toString(16).padStart(2, '0')}`,
  ]),
  ...['0x107e', '0x127e', '0x137e', '0x147e', '0x157e', '0x167e', '0x187e', '0x197e'].map(
    (code, index): [string, string] => [`F${index + 5}`, code],
  ),
  ['ESC', '0x1b'],
]);

export function isEntryName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9._-]{0,39}$/.test(text);
}

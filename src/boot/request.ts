import { parseMacList } from '#domain/mac.js';

/**
 * How the asking iPXE can talk: `form` has the `params` command and posts (FOG's own builds, UEFI builds); `query` is stock BIOS iPXE
 * without `params`, `cpuid` and `colour`, which carries everything in the URL (lab: "Exec format error").
 */
export type Dialect = 'form' | 'query';

/** A request of `boot.php` (spec fos-protocol 1.5), reduced to what decides the answer. */
export interface BootRequest {
  readonly dialect: Dialect;
  /** All MACs of the machine, the booting one first. */
  readonly macs: readonly string[];
  readonly arch: 'x86_64' | 'i386' | 'arm64';
  readonly firmware: 'bios' | 'efi';
  /** SMBIOS UUID, lower case, if sent. Never used to find the host: duplicates exist. */
  readonly uuid?: string;
  /** iPXE's version, for the trace. */
  readonly ipxe?: string;
  /** What somebody typed at the menu, in clear: for the check only. */
  readonly login?: { readonly name: string; readonly password: string };
  /** What the menu's forms ask for. */
  readonly form: MenuForm;
}

export interface MenuForm {
  /** The hidden menu is shown. Cosmetic: no action depends on it (spec 8.3). */
  readonly menuAccess: boolean;
  /** Entries for debugging are listed: sent by the forms of a hidden menu and by what follows an action. */
  readonly debug: boolean;
  readonly action: MenuRequest | undefined;
  /** Of the image list. */
  readonly imageId: number | undefined;
  /** A typed product key. */
  readonly key: string | undefined;
  /** The question "are you sure" was answered with yes. */
  readonly confirmed: boolean;
}

/** FOG's field names (spec 1.5). `menuaccess` asks to unlock the hidden menu; `menuAccess` is another field. */
const ACTIONS = [
  'advLog',
  'keyreg',
  'qihost',
  'sessionJoin',
  'approveHost',
  'menuaccess',
  'debugAccess',
] as const;
export type MenuRequest = (typeof ACTIONS)[number];

const MAC_FIELDS = ['macboot', 'mac', 'mac0', 'mac1', 'mac2', 'mac3', 'mac4', 'mac5', 'mac6', 'mac7'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_CREDENTIAL = 256;

/** Reads the fields of a request, tolerating whatever an old or hostile client leaves out or adds. */
export function parseBootRequest(fields: ReadonlyMap<string, string>, dialect: Dialect): BootRequest {
  const uuid = fields.get('sysuuid')?.trim().toLowerCase() ?? '';
  const ipxe = fields.get('ipxever')?.slice(0, 40);
  const [name, password] = [fields.get('username') ?? '', fields.get('password') ?? ''];
  const isLogin = name !== '' && name.length <= MAX_CREDENTIAL && password.length <= MAX_CREDENTIAL;
  return {
    dialect,
    macs: parseMacList(MAC_FIELDS.map((field) => fields.get(field) ?? '').join('|')),
    arch: archOf(fields.get('arch') ?? ''),
    firmware: fields.get('platform') === 'efi' ? 'efi' : 'bios',
    ...(UUID.test(uuid) ? { uuid } : {}),
    ...(ipxe ? { ipxe } : {}),
    ...(isLogin ? { login: { name, password } } : {}),
    form: menuForm(fields),
  };
}

function menuForm(fields: ReadonlyMap<string, string>): MenuForm {
  const image = fields.get('imageID')?.trim() ?? '';
  const key = fields.get('key')?.trim();
  return {
    menuAccess: fields.get('menuAccess') === '1',
    debug: fields.has('debug'),
    action: ACTIONS.find((action) => (fields.get(action) ?? '') !== ''),
    imageId: /^[1-9]\d{0,8}$/.test(image) ? Number(image) : undefined,
    key: key === '' ? undefined : key,
    confirmed: fields.get('aprvconf') === '1',
  };
}

/** Unknown words count as 64-bit PCs, which nearly all are. */
function archOf(text: string): BootRequest['arch'] {
  if (text.includes('arm')) return 'arm64';
  return text === 'i386' ? 'i386' : 'x86_64';
}

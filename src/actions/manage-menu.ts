import { KERNEL_WORD, kernelWords } from '#boot/kernel-line.js';
import { isEntryName, KEYS, type MenuEntry } from '#domain/menu.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';

/** What an admin does with the boot menu: own entries, and changes of FOG's. All resolve when durable. */

export type MenuChange = Partial<
  Pick<MenuEntry, 'description' | 'shownTo' | 'hotKey' | 'isDefault' | 'enabled'>
>;

export interface NewMenuEntry extends MenuChange {
  readonly name: string;
  readonly description: string;
  /** Words for the kernel line of the imaging environment. Either these or a script. */
  readonly kernelArgs?: string;
  /** iPXE lines. */
  readonly script?: string;
}

/** Throws MENU_ENTRY_BAD, MENU_ENTRY_EXISTS. */
export async function addMenuEntry({ store, menu }: Context, wanted: NewMenuEntry): Promise<MenuEntry> {
  const { name, description, kernelArgs, script, ...more } = wanted;
  if (!isEntryName(name))
    throw bad(name, 'its name is one word of at most 40 letters, digits, . _ and -, beginning with a letter');
  if ((kernelArgs === undefined) === (script === undefined))
    throw bad(name, 'it has either kernel arguments or a script');
  if (!kernelWords(kernelArgs ?? '').every((word) => KERNEL_WORD.test(word)))
    throw bad(name, 'a kernel argument holds a character that a root shell would evaluate');
  // A label of its own would end the blocks of the entries behind it.
  if (/^\s*:|^#!/m.test(script ?? '')) throw bad(name, 'a script of an entry has neither labels nor #!');
  check(name, more);
  return store.commit(() => {
    if (menu.byName(name) || RESERVED.has(name)) throw actionErrors.MENU_ENTRY_EXISTS({ name });
    const entry: MenuEntry = {
      id: menu.nextId(),
      name,
      description,
      shownTo: 'all',
      action: script === undefined ? 'fos' : 'script',
      argument: script ?? kernelArgs ?? '',
      hotKey: '',
      isDefault: false,
      enabled: true,
      ...more,
    };
    menu.put(entry);
    return entry;
  });
}

/** Throws MENU_ENTRY_UNKNOWN, MENU_ENTRY_BAD. */
export async function changeMenuEntry(
  { store, menu }: Context,
  name: string,
  change: MenuChange,
): Promise<MenuEntry> {
  check(name, change);
  return store.commit(() => {
    const entry = { ...find(menu, name), ...change };
    menu.put(entry);
    return entry;
  });
}

/** An own entry is removed; one of FOG's becomes what it was. Throws MENU_ENTRY_UNKNOWN. */
export async function removeMenuEntry({ store, menu }: Context, name: string): Promise<MenuEntry> {
  return store.commit(() => {
    const entry = find(menu, name);
    menu.remove(entry.id);
    return entry;
  });
}

/** Labels that the scripts themselves use. */
const RESERVED: ReadonlySet<string> = new Set(['MENU', 'menuAccess', 'failed', 'again', 'bootme']);

function find(menu: Context['menu'], name: string): MenuEntry {
  const entry = menu.byName(name);
  if (!entry) throw actionErrors.MENU_ENTRY_UNKNOWN({ name });
  return entry;
}

function check(name: string, { hotKey }: MenuChange): void {
  if (hotKey !== undefined && hotKey !== '' && !KEYS.has(hotKey))
    throw bad(name, `${hotKey} is no key: use F5 to F12, CTRL + A to CTRL + Z, or ESC`);
}

function bad(name: string, reason: string) {
  return actionErrors.MENU_ENTRY_BAD({ name, reason });
}

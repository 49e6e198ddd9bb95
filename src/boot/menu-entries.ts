/** FOG's menu entries that fogd can serve (spec fos-protocol 7.6). */

export interface MenuEntry {
  readonly name: string;
  readonly description: string;
  /** FOG's `regMenu`: to whom it is shown. */
  readonly shownTo: 'unregistered' | 'registered' | 'all';
  /** Words for the kernel line; none = boot from disk. */
  readonly kernelArgs: readonly string[];
}

export const MENU_ENTRIES: readonly MenuEntry[] = [
  { name: 'fog.local', description: 'Boot from hard disk', shownTo: 'all', kernelArgs: [] },
  {
    name: 'fog.reginput',
    description: 'Perform Full Host Registration and Inventory',
    shownTo: 'unregistered',
    kernelArgs: ['mode=manreg'],
  },
  {
    name: 'fog.reg',
    description: 'Quick Registration and Inventory',
    shownTo: 'unregistered',
    kernelArgs: ['mode=autoreg'],
  },
  {
    name: 'fog.sysinfo',
    description: 'Client System Information (Compatibility)',
    shownTo: 'all',
    kernelArgs: ['mode=sysinfo'],
  },
];

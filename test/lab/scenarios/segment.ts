/** Settings and texts that the scenarios share. */
import type { ForeignKind } from '../foreign-servers.js';

/** Who leases the addresses of the segment. */
export type Dhcp = 'server' | ForeignKind;

/** Labels of the boot menu. */
export const MENU = {
  local: 'Boot from hard disk',
  full: 'Perform Full Host Registration and Inventory',
  quick: 'Quick Registration and Inventory',
} as const;

/** fogd's settings on the lab's segment: its DHCP server, or beside another one. */
export function fogdSettings(dhcp: Dhcp): Record<string, unknown> {
  const mode =
    dhcp === 'server'
      ? { mode: 'server', subnets: [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'] }] }
      : { mode: 'proxy' };
  return {
    dhcp: { ...mode, interfaces: ['eth0'] },
    boot: {
      // The serial port is the machine's screen.
      kernel_args: 'console=ttyS0,115200',
      // Long enough for a slow machine to press a key before the menu takes its default.
      menu_timeout: 30,
    },
  };
}

/** How a machine leaves iPXE for its disk (spec fos-protocol 1.7). */

export type ExitType = 'sanboot' | 'exit' | 'reboot';

/** Commands of each exit type. */
const COMMANDS: Readonly<Record<ExitType, string>> = {
  sanboot: 'sanboot --no-describe --drive 0x80',
  // UEFI firmware goes on to its next boot entry only after a failure; success ends in its setup menu.
  exit: 'exit 1',
  reboot: 'reboot',
};

export function isExitType(text: string): text is ExitType {
  return Object.hasOwn(COMMANDS, text);
}

/** The host's own choice if it is a known one, else the global one. */
export function exitCommand(hostChoice: string, global: ExitType): string {
  return COMMANDS[isExitType(hostChoice) ? hostChoice : global];
}

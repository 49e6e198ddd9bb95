/** How a machine leaves iPXE for its disk (spec fos-protocol 1.7). FOG's names. */

export const EXIT_TYPES = [
  'sanboot',
  'exit',
  'reboot',
  'grub',
  'grub_first_hdd',
  'grub_first_cdrom',
  'grub_first_found_windows',
  'refind_efi',
] as const;
export type ExitType = (typeof EXIT_TYPES)[number];

const GRUB: Readonly<Record<string, string>> = {
  grub: 'rootnoverify (hd0);chainloader +1',
  grub_first_hdd: 'rootnoverify (hd0);chainloader +1',
  grub_first_cdrom: 'cdrom --init;map --hook;root (cd0);chainloader (cd0)',
  grub_first_found_windows: 'find --set-root /BOOTMGR;chainloader /BOOTMGR',
};

const REFIND: Readonly<Record<string, string>> = {
  x86_64: 'refind_x64.efi',
  i386: 'refind_ia32.efi',
  arm64: 'refind_aa64.efi',
};

export function isExitType(text: string): text is ExitType {
  return (EXIT_TYPES as readonly string[]).includes(text);
}

/** The host's own choice if it is a known one, else the global one. */
export function exitType(hostChoice: string, global: ExitType): ExitType {
  return isExitType(hostChoice) ? hostChoice : global;
}

/** The commands of an exit type, one per line; `arch` is iPXE's. Each fails if it cannot be done. */
export function exitCommands(type: ExitType, arch: string): string[] {
  switch (type) {
    case 'sanboot':
      return ['sanboot --no-describe --drive 0x80'];
    case 'exit':
      // UEFI firmware goes on to its next boot entry only after a failure; success ends in its setup menu.
      return ['exit 1'];
    case 'reboot':
      return ['reboot'];
    case 'refind_efi':
      return [
        // rEFInd for ARM has its settings built in.
        ...(arch === 'arm64' ? [] : ['imgfetch ${boot-url}/service/ipxe/refind.conf']),
        `chain -ar \${boot-url}/service/ipxe/${REFIND[arch] ?? 'refind_x64.efi'}`,
      ];
    default:
      return [`chain -ar \${boot-url}/service/ipxe/grub.exe --config-file="${GRUB[type]}"`];
  }
}

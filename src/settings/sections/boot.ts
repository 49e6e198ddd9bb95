import Type from 'typebox';
import { EXIT_TYPES } from '#boot/exit.js';
import { KEYS } from '#domain/menu.js';

export const BootSchema = Type.Object(
  {
    file_folders: Type.Array(Type.String({ format: 'folder' }), {
      default: ['/usr/lib/ipxe'],
      description:
        'Folders with boot loaders, kernel and init, searched in this order after the folder "boot" in the state folder.',
    }),
    kernel_args: Type.String({
      format: 'kernel-args',
      default: '',
      description: 'Words added to the kernel line of every machine, e.g. console=ttyS0,115200.',
      fog: 'FOG_KERNEL_ARGS',
    }),
    kernel_loglevel: Type.Integer({
      minimum: 0,
      maximum: 7,
      default: 4,
      description: 'loglevel= of the kernel.',
      fog: 'FOG_KERNEL_LOGLEVEL',
    }),
    ramdisk_size: Type.Integer({
      minimum: 1,
      maximum: 4194304,
      default: 275000,
      description: 'ramdisk_size= of the kernel, in KiB.',
      fog: 'FOG_KERNEL_RAMDISK_SIZE',
    }),
    keymap: Type.String({
      format: 'word',
      default: '',
      description: 'Keyboard of the imaging environment, e.g. de; empty: US.',
      fog: 'FOG_KEYMAP',
    }),
    menu_timeout: Type.Integer({
      minimum: 0,
      maximum: 86400,
      default: 3,
      description: 'Seconds until the menu takes its default; 0 waits for ever.',
      fog: 'FOG_PXE_MENU_TIMEOUT',
    }),
    menu_hidden: Type.Boolean({
      default: false,
      description: 'Machines boot at once; the menu appears to who presses the key and logs in.',
      fog: 'FOG_PXE_MENU_HIDDEN',
    }),
    hidden_timeout: Type.Integer({
      minimum: 1,
      maximum: 86400,
      default: 3,
      description: 'Seconds in which the key of the hidden menu can be pressed.',
      fog: 'FOG_PXE_HIDDENMENU_TIMEOUT',
    }),
    hidden_key: Type.Enum(['', ...KEYS.keys()], {
      default: '',
      description:
        'Key of the hidden menu: F5 to F12, CTRL + A to CTRL + Z, ESC. Empty, and always with UEFI: ESC.',
      fog: 'FOG_KEY_SEQUENCE',
    }),
    no_menu: Type.Boolean({
      default: false,
      description: 'Registered machines without a task boot their disk and have no menu.',
      fog: 'FOG_NO_MENU',
    }),
    image_list: Type.Enum(['all', 'own'], {
      default: 'all',
      description: 'Images that "Deploy Image" offers to a host: all that are enabled, or only its own.',
      fog: 'FOG_IMAGE_LIST_MENU',
    }),
    advanced_script: Type.String({
      default: '',
      description: 'iPXE lines of the entry "Advanced Menu"; empty: there is no such entry.',
      fog: 'FOG_PXE_ADVANCED',
    }),
    advanced_login: Type.Boolean({
      default: false,
      description: 'The advanced menu asks for a login.',
      fog: 'FOG_ADVANCED_MENU_LOGIN',
    }),
    unregistered_disk: Type.String({
      format: 'word',
      default: '',
      description:
        'Disk that "Deploy Image" writes to on machines that are no hosts, e.g. /dev/nvme0n1; empty: the first.',
      fog: 'FOG_NONREG_DEVICE',
    }),
    capone_dmi: Type.Enum(
      [
        'system-product-name',
        'system-manufacturer',
        'system-version',
        'baseboard-product-name',
        'chassis-asset-tag',
      ],
      {
        default: 'system-product-name',
        description:
          'What of a machine decides about its image where a menu entry of its own boots with mode=capone; see fogd image change --capone.',
        fog: 'FOG_PLUGIN_CAPONE_DMI',
      },
    ),
    unverified_clients: Type.Enum(['allow', 'ask', 'deny'], {
      default: 'allow',
      description:
        'Tasks for machines behind routers, whose MAC address fogd cannot see on the wire: allow starts them; ask wants a login at the machine; deny refuses them.',
    }),
    bios_exit: Type.Enum([...EXIT_TYPES], {
      default: 'sanboot',
      description: 'How a BIOS machine goes on to its disk.',
      fog: 'FOG_BOOT_EXIT_TYPE',
    }),
    efi_exit: Type.Enum([...EXIT_TYPES], {
      default: 'exit',
      description:
        'How a UEFI machine goes on to its disk. exit hands back to the firmware, which boots its next entry.',
      fog: 'FOG_EFI_BOOT_EXIT_TYPE',
    }),
  },
  { additionalProperties: false, description: 'What a booting machine is told.' },
);

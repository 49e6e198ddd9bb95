import Type, { type Static } from 'typebox';
import { EXIT_TYPES } from '#boot/exit.js';
import { KEYS } from '#domain/menu.js';
import { DhcpSchema } from './dhcp-schema.js';

/**
 * The one description of every setting: types, validation, the annotated example (`config/fogd.toml`) and the reference
 * page (`docs/reference/settings.md`) all come from here. Names in the file are the names in the code.
 *
 * `format` names a check of `formats.ts`, whose text tells the admin what is wrong. `fog` names the FOG setting of the same meaning.
 */

export const SettingsSchema = Type.Object(
  {
    server: Type.Object(
      {
        hostname: Type.Optional(
          Type.String({
            format: 'hostname',
            description:
              'DNS name of this server, put into every URL that machines are given; their name server must know it. NFS goes by address all the same.',
            examples: ['fog.school.example'],
            fog: 'FOG_WEB_HOST',
          }),
        ),
        address: Type.Optional(
          Type.String({
            format: 'address',
            description:
              'Address put into URLs instead of a name. Unset, with no hostname: the address on which the machine reached fogd, which is right on servers with several networks.',
            examples: ['10.0.0.1'],
          }),
        ),
      },
      { additionalProperties: false, description: 'How machines reach this server.' },
    ),
    log: Type.Object(
      {
        level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
          default: 'info',
          description: 'How much the log says.',
        }),
      },
      {
        additionalProperties: false,
        description: 'The log goes to standard output, one JSON object a line (readable text on a terminal).',
      },
    ),
    http: Type.Object(
      {
        port: Type.Integer({
          minimum: 1,
          maximum: 65535,
          default: 80,
          description: 'TCP port of boot scripts, kernel, init and the FOS protocol.',
        }),
        redirect: Type.Boolean({
          default: false,
          description:
            'Send people who come by HTTP to HTTPS. Machines are never sent: boot loaders, FOS and FOG Clients do not all follow.',
        }),
      },
      { additionalProperties: false, description: 'HTTP.' },
    ),
    https: Type.Object(
      {
        enabled: Type.Boolean({
          default: true,
          description: 'Serve by HTTPS, too, everything that is served by HTTP.',
        }),
        port: Type.Integer({ minimum: 1, maximum: 65535, default: 443, description: 'TCP port of HTTPS.' }),
        certificate: Type.Optional(
          Type.String({
            format: 'file',
            description:
              'File with the certificate for HTTPS, PEM, followed by those of the authorities in between. Read again when it changes. Unset, or while it cannot be used: a certificate of the own authority for all names and addresses of this server, which FOG Clients trust.',
            examples: ['/etc/fogd/fullchain.pem'],
          }),
        ),
        key: Type.Optional(
          Type.String({
            format: 'file',
            description:
              'File with the private key of https.certificate, PEM, without a pass phrase; others than its owner and group must not be able to read it.',
            examples: ['/etc/fogd/privkey.pem'],
          }),
        ),
      },
      { additionalProperties: false, description: 'HTTPS.' },
    ),
    api: Type.Object(
      {
        allow_http: Type.Boolean({
          default: false,
          description:
            'Serve the API over plain HTTP also to other machines. Their tokens then travel in clear: only where nobody can listen, such as behind a proxy of your own that speaks HTTPS.',
        }),
      },
      { additionalProperties: false, description: 'The API.' },
    ),
    audit: Type.Object(
      {
        keep_days: Type.Integer({
          minimum: 1,
          maximum: 36500,
          default: 365,
          description: 'Days for which it is kept who changed what.',
        }),
      },
      { additionalProperties: false, description: 'The audit log.' },
    ),
    tftp: Type.Object(
      {
        enabled: Type.Boolean({ default: true, description: 'Serve boot loaders by TFTP on port 69/udp.' }),
        port_range: Type.String({
          format: 'ports',
          default: '61000-61099',
          description:
            'UDP ports from which files are sent. A firewall must let 69 and these through; even a single port serves many machines. The default lies above the ports that Linux hands out by itself (32768-60999).',
        }),
        single_port: Type.Boolean({
          default: false,
          description:
            'Send files from port 69 itself instead of port_range: one port is all that a firewall must let through. Clients must bear answers from the port that they asked; those of RFC 1350 do.',
        }),
        max_window_size: Type.Integer({
          minimum: 1,
          maximum: 256,
          default: 16,
          description: 'Most blocks that a client may ask for at once (windowsize, RFC 7440).',
        }),
        ignore_case: Type.Boolean({
          default: false,
          description:
            'Where no file has the name as it is asked for, one that differs in capital and small letters only is sent.',
        }),
        max_block_size: Type.Integer({
          minimum: 512,
          maximum: 65464,
          default: 1428,
          description:
            'Largest block a client may ask for, in bytes. 1428 keeps each packet inside one Ethernet frame, tunnels included.',
        }),
      },
      { additionalProperties: false, description: 'TFTP.' },
    ),
    dhcp: DhcpSchema,
    boot: Type.Object(
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
    ),
    images: Type.Object(
      {
        folder: Type.Optional(
          Type.String({
            format: 'folder',
            description:
              'Folder of the images, which must be there; each is a plain FOG image folder in it. Unset: the folder "images" in the state folder. Captures, generations and boot sessions lie below it, so it must be one file system.',
            examples: ['/images'],
          }),
        ),
        compression: Type.Integer({
          minimum: 0,
          maximum: 22,
          default: 6,
          description: 'Compression of captures whose image names none: 0-9 for gzip, 1-22 for zstd.',
          fog: 'FOG_PIGZ_COMP',
        }),
        require_verified: Type.Boolean({
          default: false,
          description:
            'A capture takes the place of its image only when every file of it was read back. Until then deploys get the one before, or wait.',
        }),
        reserve_mib: Type.Integer({
          minimum: 0,
          maximum: 1073741824,
          default: 1024,
          description:
            'Free space, in MiB, below which no capture is started and the status raises an alarm; below a quarter of it the largest capture is stopped.',
        }),
        resize_percent: Type.Integer({
          minimum: 5,
          maximum: 99,
          default: 5,
          description: 'Room left in a file system that is shrunk at capture, in percent.',
          fog: 'FOG_CAPTURERESIZEPCT',
        }),
        ignore_page_files: Type.Boolean({
          default: true,
          description: "Leave out Windows' page and hibernation files at capture.",
          fog: 'FOG_CAPTUREIGNOREPAGEHIBER',
        }),
      },
      { additionalProperties: false, description: 'Images.' },
    ),
    snapins: Type.Object(
      {
        folder: Type.Optional(
          Type.String({
            format: 'folder',
            description:
              'Folder of the files of snapins. Unset: the folder "snapins" in the state folder. Files that fogd did not put there stay as they are.',
            examples: ['/srv/snapins'],
            fog: 'FOG_SNAPINDIR',
          }),
        ),
        limit: Type.Integer({
          minimum: 0,
          maximum: 1000,
          default: 0,
          description:
            'How many snapins a host may have; 0: any number. Hosts that have more when it is lowered keep them, and get no further one.',
          fog: 'FOG_SNAPIN_LIMIT',
        }),
        require_token: Type.Boolean({
          default: true,
          description:
            'Whether the file of a snapin is sent only to whom its client was told the secret address. Clients before 0.11.4 do not follow that address: switched off, whoever knows a MAC address and guesses the number of a task can fetch its file.',
        }),
      },
      { additionalProperties: false, description: 'Snapins: programs that the FOG Client runs.' },
    ),
    nfs: Type.Object(
      {
        enabled: Type.Boolean({
          default: true,
          description: 'Offer images over NFS; without it nothing can be captured or deployed.',
        }),
        backend: Type.Enum(['ganesha', 'external'], {
          default: 'ganesha',
          description:
            'ganesha: fogd runs the NFS server. external: another host serves the images, in the folders of a FOG server; captures need the same tree mounted at images.folder.',
        }),
        share: Type.Optional(
          Type.String({
            format: 'nfs-share',
            description:
              'With nfs.backend = "external": the share with the images. Machines mount it, and the folder dev in it to write.',
            examples: ['10.0.0.5:/images'],
          }),
        ),
        exports: Type.Enum(['session', 'open'], {
          default: 'session',
          description:
            'session: each machine gets an export of its own, as long as it needs it. open: /images and /images/dev for every machine, as with a FOG server; whoever reaches the port can read all images and write into dev.',
        }),
        start: Type.Enum(['child', 'service'], {
          default: 'child',
          description:
            'child: fogd starts the NFS server itself. service: systemd does (fogd-nfs.service), and fogd only tells it what to export.',
        }),
        port: Type.Integer({ minimum: 1, maximum: 65535, default: 2049, description: 'TCP port of NFS.' }),
        mount_port: Type.Integer({
          minimum: 1,
          maximum: 65535,
          default: 20048,
          description: 'TCP port of the MOUNT protocol, which NFSv3 clients find through rpcbind (111/tcp).',
        }),
      },
      { additionalProperties: false, description: 'NFS, by which disks are captured and deployed.' },
    ),
    tasks: Type.Object(
      {
        max_clients: Type.Integer({
          minimum: 1,
          maximum: 10000,
          default: 10,
          description:
            'How many machines are deployed to at once; the others wait in the order in which they came.',
        }),
        checkin_timeout: Type.Integer({
          minimum: 10,
          maximum: 86400,
          default: 600,
          description: 'Seconds without a word after which a waiting machine loses its place in the queue.',
          fog: 'FOG_CHECKIN_TIMEOUT',
        }),
        wipe_seconds: Type.Integer({
          minimum: 0,
          maximum: 3600,
          default: 60,
          description: 'Seconds of the count-down on the screen of a machine before its disk is wiped.',
          fog: 'FOG_WIPE_TIMEOUT',
        }),
        clamav_share: Type.Optional(
          Type.String({
            format: 'nfs-share',
            description:
              'NFS share with the folders bin and sbin of ClamAV, for virus scans. Unset: virus scans are refused.',
            examples: ['10.0.0.5:/opt/fog/clamav'],
          }),
        ),
        silence_timeout: Type.Integer({
          minimum: 30,
          maximum: 86400,
          default: 600,
          description:
            'Seconds without a word after which a machine that is being imaged counts as gone and its task as failed. A living one reports every few seconds.',
        }),
      },
      { additionalProperties: false, description: 'Tasks.' },
    ),
    fos: Type.Object(
      {
        require_token: Type.Boolean({
          default: true,
          description:
            'Whether a machine may report on a task only with the secret that its boot script gave it. Switched off, whoever sends its MAC address can complete, fail or re-queue its task, as with FOG: only for machines whose kernel line is written elsewhere, in networks where everybody is trusted.',
        }),
      },
      { additionalProperties: false, description: 'The imaging environment (FOS).' },
    ),
    registration: Type.Object(
      {
        enabled: Type.Boolean({
          default: true,
          description: 'Unknown machines may register from the boot menu.',
          fog: 'FOG_REGISTRATION_ENABLED',
        }),
        name: Type.String({
          format: 'name-pattern',
          default: 'MAC',
          description:
            'Name of a quickly registered host: MAC for its address without separators, or a pattern in which a run of * is a running number and {SYSSERIAL} the serial number.',
          examples: ['PC-***'],
          fog: 'FOG_QUICKREG_SYS_NAME',
        }),
        image: Type.String({
          maxLength: 40,
          default: '',
          description: 'Name of the image that quickly registered hosts get; empty: none.',
          fog: 'FOG_QUICKREG_IMG_ID',
        }),
        group: Type.String({
          maxLength: 40,
          default: '',
          description: 'Name of the group that quickly registered hosts join; empty: none.',
          fog: 'FOG_QUICKREG_GROUP_ASSOC',
        }),
        deploy: Type.Boolean({
          default: false,
          description: 'Deploy that image at the next boot after a quick registration.',
          fog: 'FOG_QUICKREG_IMG_WHEN_REG',
        }),
        approve: Type.Boolean({
          default: false,
          description: 'Machines that register themselves wait for approval and can have no tasks before.',
        }),
        ignore_macs: Type.Array(Type.String({ minLength: 2, maxLength: 17 }), {
          default: [],
          description:
            'MAC addresses, or parts of them, that no registration takes: docking stations, USB adapters.',
          examples: [['00:e0:4c', '9c:eb:e8']],
          fog: 'FOG_QUICKREG_PENDING_MAC_FILTER',
        }),
      },
      { additionalProperties: false, description: 'How machines become hosts.' },
    ),
    client: Type.Object(
      {
        checkin_seconds: Type.Integer({
          minimum: 30,
          maximum: 7109,
          default: 60,
          description:
            'Shortest time between two polls of a FOG Client; each waits for up to 91 seconds more, which spreads the load.',
          fog: 'FOG_CLIENT_CHECKIN_TIME',
        }),
        prompt_seconds: Type.Integer({
          minimum: 60,
          maximum: 600,
          default: 60,
          description: 'How long somebody who works at a machine is warned before it restarts or shuts down.',
          fog: 'FOG_GRACE_TIMEOUT',
        }),
        company: Type.String({
          maxLength: 100,
          default: '',
          description: 'Name in what FOG Client says to people; empty: FOG.',
          fog: 'FOG_COMPANY_NAME',
        }),
        color: Type.String({
          format: 'color',
          default: '',
          description: 'Colour of its progress bar, six hexadecimal digits; empty: its own.',
          examples: ['00567a'],
          fog: 'FOG_COMPANY_COLOR',
        }),
        banner: Type.Optional(
          Type.String({
            format: 'file',
            description: 'File with a picture for its windows, PNG, 650 by 120 pixels, at most 1 MiB.',
            examples: ['/etc/fogd/banner.png'],
            fog: 'FOG_CLIENT_BANNER_IMAGE',
          }),
        ),
        move_to_https: Type.Boolean({
          default: false,
          description:
            'Lead FOG Clients that come by HTTP to HTTPS. They keep to it from then on, and nothing leads them back; those before 0.11.18 cannot be led and stay without a server. Needs port 443.',
        }),
        max_pending_macs: Type.Integer({
          minimum: 0,
          maximum: 32,
          default: 4,
          description: 'Most MAC addresses of one host that its FOG Client named and that wait for approval.',
          fog: 'FOG_QUICKREG_MAX_PENDING_MACS',
        }),
        enforce: Type.Boolean({
          default: true,
          description:
            'Rename a machine and join it to its domain also while somebody works at it, where the host does not say otherwise.',
          fog: 'FOG_ENFORCE_HOST_CHANGES',
        }),
        autologout_minutes: Type.Integer({
          minimum: 0,
          maximum: 10080,
          default: 0,
          description:
            'Minutes after which somebody who is idle is logged out, where the host does not say otherwise; 0, and all below 5: never.',
          fog: 'FOG_CLIENT_AUTOLOGOFF_MIN',
        }),
        display_width: Type.Integer({
          minimum: 320,
          maximum: 16384,
          default: 1024,
          description: 'Width of displays in pixels, where the host does not say otherwise.',
          fog: 'FOG_CLIENT_DISPLAYMANAGER_X',
        }),
        display_height: Type.Integer({
          minimum: 200,
          maximum: 16384,
          default: 768,
          description: 'Height of displays in pixels.',
          fog: 'FOG_CLIENT_DISPLAYMANAGER_Y',
        }),
        display_refresh: Type.Integer({
          minimum: 1,
          maximum: 1000,
          default: 60,
          description: 'Refresh rate of displays in Hz.',
          fog: 'FOG_CLIENT_DISPLAYMANAGER_R',
        }),
        login_days: Type.Integer({
          minimum: 1,
          maximum: 3650,
          default: 90,
          description: 'Days for which it is kept who logged in; at most the newest 1000 of each host.',
        }),
        secret_hours: Type.Integer({
          minimum: 1,
          maximum: 720,
          default: 24,
          description:
            'For how many hours after a deploy, or after "fogd client secrets HOST", a client is told the account of its domain and its product key. At other times it is told neither.',
        }),
        update_version: Type.String({
          format: 'client-version',
          default: '',
          description:
            'Version of the SmartInstaller.exe in the folder boot/client of the state folder, which clients with a lower one install; empty, or no such file: none. They take only what the FOG Project signed.',
          examples: ['0.13.0'],
        }),
        clientupdater: Type.Boolean({
          default: true,
          description: 'Offer client.update_version.',
          fog: 'FOG_CLIENT_AUTOUPDATE',
        }),
        hostregister: Type.Boolean({
          default: true,
          description: 'Unknown machines may register by their FOG Client; they wait for approval.',
          fog: 'FOG_CLIENT_HOSTREGISTER_ENABLED',
        }),
        autologout: Type.Boolean({
          default: true,
          description: 'Module: log out who is idle.',
          fog: 'FOG_CLIENT_AUTOLOGOFF_ENABLED',
        }),
        displaymanager: Type.Boolean({
          default: false,
          description: 'Module: set the resolution of the display.',
          fog: 'FOG_CLIENT_DISPLAYMANAGER_ENABLED',
        }),
        hostnamechanger: Type.Boolean({
          default: true,
          description: 'Module: set the name of the machine, join its domain, give Windows its product key.',
          fog: 'FOG_CLIENT_HOSTNAMECHANGER_ENABLED',
        }),
        powermanagement: Type.Boolean({
          default: true,
          description: 'Module: shut down and restart when it is due.',
          fog: 'FOG_CLIENT_POWERMANAGEMENT_ENABLED',
        }),
        printermanager: Type.Boolean({
          default: true,
          description: 'Module: install printers.',
          fog: 'FOG_CLIENT_PRINTERMANAGER_ENABLED',
        }),
        snapinclient: Type.Boolean({
          default: true,
          description: 'Module: install snapins.',
          fog: 'FOG_CLIENT_SNAPIN_ENABLED',
        }),
        taskreboot: Type.Boolean({
          default: true,
          description: 'Module: restart the machine when a task waits for it.',
          fog: 'FOG_CLIENT_TASKREBOOT_ENABLED',
        }),
        usertracker: Type.Boolean({
          default: true,
          description: 'Module: report who logs in.',
          fog: 'FOG_CLIENT_USERTRACKER_ENABLED',
        }),
      },
      {
        additionalProperties: false,
        description:
          'FOG Client, the service in the installed systems. A module works where it is on here and for the host.',
      },
    ),
    trace: Type.Object(
      {
        keep_days: Type.Integer({
          minimum: 1,
          maximum: 3650,
          default: 30,
          description: 'Days for which boot stories are kept.',
        }),
      },
      { additionalProperties: false, description: 'The boot story of each machine.' },
    ),
  },
  { additionalProperties: false },
);

type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Validated, complete and frozen; made by `load.ts` only. */
export type Settings = DeepReadonly<Static<typeof SettingsSchema>>;
export type DhcpSettings = Settings['dhcp'];
export type TftpSettings = Settings['tftp'];
export type UrlSettings = Pick<Settings, 'server' | 'http' | 'https'>;
export type BootSettings = Settings['boot'];

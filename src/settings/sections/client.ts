import Type from 'typebox';

export const ClientSchema = Type.Object(
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
);

import Type from 'typebox';

export const SnapinsSchema = Type.Object(
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
);

import Type from 'typebox';

export const ServerSchema = Type.Object(
  {
    hostname: Type.Optional(
      Type.String({
        format: 'hostname',
        description:
          'DNS name of this server, put into every URL that machines are given; their name server must know it. NFS goes by address all the same, and FOG Clients by the name that they came by.',
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
);

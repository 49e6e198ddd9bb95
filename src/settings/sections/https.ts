import Type from 'typebox';

export const HttpsSchema = Type.Object(
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
);

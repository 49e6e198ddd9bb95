import Type from 'typebox';

export const HttpSchema = Type.Object(
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
);

import Type from 'typebox';

export const TraceSchema = Type.Object(
  {
    keep_days: Type.Integer({
      minimum: 1,
      maximum: 3650,
      default: 30,
      description: 'Days for which boot stories are kept.',
    }),
  },
  { additionalProperties: false, description: 'The boot story of each machine.' },
);

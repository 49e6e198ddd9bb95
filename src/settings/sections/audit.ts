import Type from 'typebox';

export const AuditSchema = Type.Object(
  {
    keep_days: Type.Integer({
      minimum: 1,
      maximum: 36500,
      default: 365,
      description: 'Days for which it is kept who changed what.',
    }),
  },
  { additionalProperties: false, description: 'The audit log.' },
);

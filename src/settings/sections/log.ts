import Type from 'typebox';

export const LogSchema = Type.Object(
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
);

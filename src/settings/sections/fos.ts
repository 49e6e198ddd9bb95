import Type from 'typebox';

export const FosSchema = Type.Object(
  {
    require_token: Type.Boolean({
      default: true,
      description:
        'Whether a machine may report on a task only with the secret that its boot script gave it. Switched off, whoever sends its MAC address can complete, fail or re-queue its task, as with FOG: only for machines whose kernel line is written elsewhere, in networks where everybody is trusted.',
    }),
  },
  { additionalProperties: false, description: 'The imaging environment (FOS).' },
);

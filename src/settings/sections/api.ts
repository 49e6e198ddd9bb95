import Type from 'typebox';

export const ApiSchema = Type.Object(
  {
    allow_http: Type.Boolean({
      default: false,
      description:
        'Serve the API over plain HTTP also to other machines. Their tokens then travel in clear: only where nobody can listen, such as behind a proxy of your own that speaks HTTPS.',
    }),
  },
  { additionalProperties: false, description: 'The API.' },
);

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { describePki, importPki } from '#actions/manage-pki.js';
import { ACTOR } from './actor.js';

/** FOG's certificates have a text dump before them. */
const Pem = Type.String({ minLength: 1, maxLength: 30_000 });

/** Certificates. Keys come in and never go out. */
export async function pkiRoutes(
  instance: FastifyInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.get('/pki', () => describePki(context));

  const Import = Type.Object(
    {
      authorityCertificate: Pem,
      authorityKey: Pem,
      communicationKey: Type.Optional(Pem),
      communicationCertificate: Type.Optional(Pem),
    },
    { additionalProperties: false },
  );
  app.post('/pki/import', { schema: { body: Import } }, ({ body }) => importPki(context, body, ACTOR));
}

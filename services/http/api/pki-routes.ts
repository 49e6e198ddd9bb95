import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { describePki, importPki } from '#actions/manage-pki.js';
import { type ApiInstance, fields, nullable, secret, Time } from './route-types.js';

/** FOG's certificates have a text dump before them. */
const PEM_LENGTH = 30_000;
const Pem = Type.String({ minLength: 1, maxLength: PEM_LENGTH });

const Certificate = fields(
  {
    subject: Type.String(),
    fingerprint: Type.String({ description: 'SHA-256.' }),
    names: Type.Array(Type.String(), { description: 'Names and addresses that it is for.' }),
    from: Time,
    until: Time,
  },
  'Certificate',
);
const certificates = {
  authority: nullable(Certificate),
  communication: nullable(Certificate),
  tls: nullable(Certificate),
};
const Pki = fields(certificates, 'Pki');
const Imported = fields({
  ...certificates,
  warnings: Type.Array(Type.String(), { description: 'What works, but not with every client.' }),
});
const Import = fields({
  authorityCertificate: Pem,
  authorityKey: secret(PEM_LENGTH),
  communicationKey: Type.Optional(secret(PEM_LENGTH)),
  communicationCertificate: Type.Optional(Pem),
});

/** In their shape; which keys they are is nobody's business but the caller's. */
const EXAMPLE = {
  authorityCertificate: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n',
  authorityKey: '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n',
};

/** Certificates. Keys come in and never go out. */
export async function pkiRoutes(app: ApiInstance, { context }: { readonly context: Context }): Promise<void> {
  app.get(
    '/pki',
    {
      schema: {
        summary: 'The authority, what FOG Clients encrypt to, and the own certificate for HTTPS',
        response: { 200: Pki },
      },
      config: { scope: 'pki:read', example: {} },
    },
    () => describePki(context),
  );

  app.post(
    '/pki/import',
    {
      schema: {
        summary: 'Take authority and keys of a FOG server',
        body: Import,
        response: { 200: Imported },
      },
      config: { scope: 'pki:write', action: 'pki-imported', example: { body: EXAMPLE } },
    },
    ({ body, caller }) => importPki(context, body, caller.actor),
  );
}

import Type from 'typebox';
import type { Context } from '#actions/context.js';
import { bringPkiOnline, describePki, importPki, takePkiOffline } from '#actions/manage-pki.js';
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
  offline: Type.Boolean({ description: 'The key of the authority is elsewhere: nothing can be issued.' }),
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
const Online = fields({ key: secret(PEM_LENGTH) });
const Offline = fields({
  file: Type.String({ description: 'Certificate and key of the authority, to be taken away.' }),
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
      config: { scope: 'pki:write', action: 'pki-imported', outside: true, example: { body: EXAMPLE } },
    },
    ({ body, caller, context }) => importPki(context, body, caller.actor),
  );

  app.post(
    '/pki/offline',
    {
      schema: { summary: 'Take the key of the authority out of use', response: { 200: Offline } },
      config: { scope: 'pki:write', action: 'pki-offline', outside: true, example: {} },
    },
    ({ caller, context }) => takePkiOffline(context, caller.actor),
  );

  app.post(
    '/pki/online',
    {
      schema: { summary: 'Take it into use again', body: Online, response: { 200: Pki } },
      config: {
        scope: 'pki:write',
        action: 'pki-online',
        outside: true,
        example: { body: { key: EXAMPLE.authorityKey } },
      },
    },
    ({ body, caller, context }) => bringPkiOnline(context, body.key, caller.actor),
  );
}

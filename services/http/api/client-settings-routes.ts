import Type from 'typebox';
import type { Context } from '#actions/context.js';
import {
  changeClientSettings,
  describeClientSettings,
  tellSecrets,
} from '#actions/manage-client-settings.js';
import { changeDomainDefaults } from '#actions/manage-domain-defaults.js';
import { type ApiInstance, fields, KeyParam, nullable, secret, Time } from './route-types.js';

const Enforce = nullable(
  Type.Boolean({ description: 'Also while somebody works at the machine; null: as client.enforce says.' }),
);
const AutoLogout = nullable(
  Type.Integer({
    minimum: 0,
    maximum: 10_080,
    description: '5 or more; 0: never; null: as client.autologout_minutes says.',
  }),
);
const Display = nullable(
  fields({
    width: Type.Integer({ minimum: 320, maximum: 16_384, description: 'Pixels.' }),
    height: Type.Integer({ minimum: 200, maximum: 16_384, description: 'Pixels.' }),
    refresh: Type.Integer({ minimum: 1, maximum: 1_000, description: 'Hz.' }),
  }),
);
const ClientSettings = fields(
  {
    host: Type.String(),
    enforce: Enforce,
    joinDomain: Type.Boolean(),
    domain: Type.String(),
    ou: Type.String(),
    domainUser: Type.String(),
    hasDomainPassword: Type.Boolean({ description: 'It is never shown.' }),
    hasProductKey: Type.Boolean({ description: 'It is never shown.' }),
    secretsUntil: nullable(Time),
    autoLogoutMinutes: AutoLogout,
    display: Display,
    tellsSecrets: Type.Boolean({
      description: 'Whether its client is told password and product key at its next poll.',
    }),
  },
  'ClientSettings',
);
const Change = fields({
  enforce: Type.Optional(Enforce),
  joinDomain: Type.Optional(Type.Boolean()),
  domain: Type.Optional(Type.String({ maxLength: 253 })),
  ou: Type.Optional(Type.String({ maxLength: 503 })),
  domainUser: Type.Optional(Type.String({ maxLength: 256 })),
  domainPassword: Type.Optional(secret(256)),
  autoLogoutMinutes: Type.Optional(AutoLogout),
  display: Type.Optional(Display),
});
const DomainDefaults = fields(
  {
    domain: Type.String(),
    ou: Type.String(),
    domainUser: Type.String(),
    hasDomainPassword: Type.Boolean({ description: 'It is never shown.' }),
  },
  'DomainDefaults',
);
const DefaultsChange = fields({
  domain: Type.Optional(Type.String({ maxLength: 253 })),
  ou: Type.Optional(Type.String({ maxLength: 503 })),
  domainUser: Type.Optional(Type.String({ maxLength: 256 })),
  domainPassword: Type.Optional(secret(256)),
});

const params = { key: 'lab-pc-01' };
const response = { 200: ClientSettings };

/** What the modules of FOG Client are to do on a host. */
export async function clientSettingsRoutes(
  app: ApiInstance,
  { context }: { readonly context: Context },
): Promise<void> {
  app.get(
    '/hosts/:key/client/settings',
    {
      schema: { summary: 'What the modules of its FOG Client are to do', params: KeyParam, response },
      config: { scope: 'hosts:read', example: { params } },
    },
    ({ params }) => describeClientSettings(context, params.key),
  );

  app.patch(
    '/hosts/:key/client/settings',
    {
      schema: {
        summary: 'Change what the modules of its FOG Client are to do',
        params: KeyParam,
        body: Change,
        response,
      },
      config: {
        scope: 'hosts:write',
        action: 'client-settings-changed',
        example: {
          params,
          body: {
            joinDomain: true,
            domain: 'example.org',
            ou: 'OU=Lab,DC=example,DC=org',
            domainUser: 'joiner',
            domainPassword: 'of the joiner',
          },
        },
      },
    },
    ({ params, body, context }) => changeClientSettings(context, params.key, body),
  );

  app.post(
    '/hosts/:key/client/secrets',
    {
      schema: {
        summary: 'Let its FOG Client be told password and product key for a time',
        params: KeyParam,
        response,
      },
      config: { scope: 'hosts:write', action: 'client-secrets-opened', example: { params } },
    },
    ({ params, caller, context }) => tellSecrets(context, params.key, caller.actor),
  );

  app.get(
    '/client/domain-defaults',
    {
      schema: {
        summary: 'What a host gets that is to join a domain and has none of its own',
        response: { 200: DomainDefaults },
      },
      config: { scope: 'hosts:read', example: {} },
    },
    () => context.domainDefaults.get(),
  );

  app.patch(
    '/client/domain-defaults',
    {
      schema: {
        summary: 'Change what such a host gets; those that have it already keep it',
        body: DefaultsChange,
        response: { 200: DomainDefaults },
      },
      config: {
        scope: 'hosts:write',
        action: 'domain-defaults-changed',
        example: {
          body: { domain: 'example.org', domainUser: 'joiner', domainPassword: 'of the joiner' },
        },
      },
    },
    ({ body, context }) => changeDomainDefaults(context, body),
  );
}

import Type, { type Static } from 'typebox';
import { ApiSchema } from './sections/api.js';
import { AuditSchema } from './sections/audit.js';
import { BootSchema } from './sections/boot.js';
import { ClientSchema } from './sections/client.js';
import { DhcpSchema } from './sections/dhcp.js';
import { FosSchema } from './sections/fos.js';
import { HttpSchema } from './sections/http.js';
import { HttpsSchema } from './sections/https.js';
import { ImagesSchema } from './sections/images.js';
import { LogSchema } from './sections/log.js';
import { NfsSchema } from './sections/nfs.js';
import { RegistrationSchema } from './sections/registration.js';
import { ServerSchema } from './sections/server.js';
import { SnapinsSchema } from './sections/snapins.js';
import { TasksSchema } from './sections/tasks.js';
import { TftpSchema } from './sections/tftp.js';
import { TraceSchema } from './sections/trace.js';

/**
 * The one description of every setting: types, validation, the annotated example (`config/fogd.toml`) and the reference
 * page (`docs/reference/settings.md`) all come from here, one file per section. Names in the file are the names in the code.
 *
 * `format` names a check of `formats.ts`, whose text tells the admin what is wrong. `fog` names the FOG setting of the same meaning.
 */

export const SettingsSchema = Type.Object(
  {
    server: ServerSchema,
    log: LogSchema,
    http: HttpSchema,
    https: HttpsSchema,
    api: ApiSchema,
    audit: AuditSchema,
    tftp: TftpSchema,
    dhcp: DhcpSchema,
    boot: BootSchema,
    images: ImagesSchema,
    snapins: SnapinsSchema,
    nfs: NfsSchema,
    tasks: TasksSchema,
    fos: FosSchema,
    registration: RegistrationSchema,
    client: ClientSchema,
    trace: TraceSchema,
  },
  { additionalProperties: false },
);

type DeepReadonly<T> = T extends (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Validated, complete and frozen; made by `load.ts` only. */
export type Settings = DeepReadonly<Static<typeof SettingsSchema>>;
export type DhcpSettings = Settings['dhcp'];
export type TftpSettings = Settings['tftp'];
export type UrlSettings = Pick<Settings, 'server' | 'http' | 'https'>;
export type BootSettings = Settings['boot'];

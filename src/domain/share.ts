import { type Session, sessionPseudo } from './session.js';

/**
 * Where machines mount images. Each session has a root of its own; or, with another server or with open exports, all machines share two
 * folders as with a FOG server (spec fos-protocol 5.1): the images, read-only, and `dev` in it, which everybody writes.
 */

export interface ShareSettings {
  readonly backend: 'ganesha' | 'external';
  readonly exports: 'session' | 'open';
  /** `host:/folder` of the other server. */
  readonly share?: string;
}

export interface Share {
  readonly host: string;
  /** Absolute, without a slash at its end. */
  readonly folder: string;
}

/** What fogd itself exports when its exports are open. */
export const OPEN_FOLDER = '/images';
/** In the shared folder: where captures are written. */
export const DEV = 'dev';

/** Who serves the folders that all machines share; undefined where each session has a root of its own. */
export function sharedBy({ backend, exports }: ShareSettings): 'own' | 'elsewhere' | undefined {
  if (backend === 'external') return 'elsewhere';
  return exports === 'open' ? 'own' : undefined;
}

/** Another host has the images, and nobody said where its tree is mounted here: fogd can neither look at them nor publish. */
export function isOutOfReach(settings: {
  readonly nfs: ShareSettings;
  readonly images: { readonly folder?: string };
}): boolean {
  return settings.nfs.backend === 'external' && settings.images.folder === undefined;
}

/** The other server's; undefined where fogd serves itself. */
export function externalShare({ backend, share }: ShareSettings): Share | undefined {
  const [, host, folder] = /^([^:]+):(\/.*?)\/*$/.exec(share ?? '') ?? [];
  return backend === 'external' && host !== undefined && folder !== undefined ? { host, folder } : undefined;
}

/** What `storage=` of a session names, with the slash at its end that FOG's own has. */
export function storageOf(
  settings: ShareSettings,
  session: Pick<Session, 'id' | 'kind' | 'serverIp'>,
): { readonly host: string; readonly path: string } {
  if (sharedBy(settings) === undefined) return { host: session.serverIp, path: `${sessionPseudo(session)}/` };
  const { host, folder } = externalShare(settings) ?? { host: session.serverIp, folder: OPEN_FOLDER };
  const root = folder === '/' ? '' : folder;
  // Post-init scripts are in `dev`, too: who reads no image mounts that.
  return { host, path: session.kind === 'deploy' ? `${root}/` : `${root}/${DEV}/` };
}

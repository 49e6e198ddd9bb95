import { imageErrors } from './errors.js';

const PATH = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** Names that FOG's share uses itself. */
const RESERVED = new Set(['dev', 'postdownloadscripts', 'postinitscripts']);

/** The folder name of an image, one component that cannot climb, hide or look like an option. Throws IMAGE_PATH_BAD. */
export function imagePath(path: string): string {
  if (!PATH.test(path) || RESERVED.has(path.toLowerCase())) {
    throw imageErrors.IMAGE_PATH_BAD({ path: path.slice(0, 80) });
  }
  return path;
}

/** The folder that FOS captures into: the MAC address without separators, lower case (fos-protocol 5.3). */
export function captureFolder(mac: string): string {
  const plain = mac.replaceAll(/[:.-]/g, '').toLowerCase();
  if (!/^[0-9a-f]{12}$/.test(plain)) throw imageErrors.IMAGE_PATH_BAD({ path: mac.slice(0, 80) });
  return plain;
}

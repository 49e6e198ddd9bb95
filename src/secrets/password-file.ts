import { open } from 'node:fs/promises';
import { errnoOf, messageOf } from '#errors.js';
import { secretErrors } from './errors.js';

/** A password that the admin keeps may be readable by a group that fogd is in. */
const OTHERS = 0o007;
const LONGEST_LINE_BYTES = 1024;

/** The first line of a file of the admin. Rejects with SECRET_FILE_UNUSABLE. */
export async function readPasswordFile(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      if (((await handle.stat()).mode & OTHERS) !== 0) throw new Error('others can read it');
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(LONGEST_LINE_BYTES),
        0,
        LONGEST_LINE_BYTES,
        0,
      );
      const [line = ''] = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/);
      if (line === '') throw new Error('its first line is empty');
      return line;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw secretErrors.SECRET_FILE_UNUSABLE({ file, reason: errnoOf(error) ?? messageOf(error) }, error);
  }
}

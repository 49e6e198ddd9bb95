/** People who may log in: at the boot menu, in a full registration, later in the API (spec fos-protocol 1.8.6, 3.15). */
export interface User {
  readonly id: number;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly createdBy: string;
  /** Last change of the password. */
  readonly changedAt: number;
}

export function isUserName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._@-]{0,39}$/.test(text);
}

export const PASSWORD_MIN = 8;
/** Bytes. What iPXE can carry in a URL, and what is hashed without delay. */
export const PASSWORD_MAX = 256;

/** Why a password cannot be used, or undefined. It is typed at a boot prompt: no line ends, no control characters. */
export function passwordFault(text: string): string | undefined {
  if (text.length < PASSWORD_MIN) return `it has fewer than ${PASSWORD_MIN} characters`;
  if (Buffer.byteLength(text) > PASSWORD_MAX) return `it is longer than ${PASSWORD_MAX} bytes`;
  return /\p{Cc}/u.test(text) ? 'it has a control character' : undefined;
}

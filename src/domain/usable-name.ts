/**
 * Whether the name of a thing can stand in a path and among the arguments of a command: `.` and `..` would be places, `-1` an option, and a
 * blank nothing at all. For new names: things that have such a one keep it.
 */
export function isUsableName(text: string): boolean {
  return /[^\s.\u2800\u3164]/u.test(text) && !text.startsWith('-');
}

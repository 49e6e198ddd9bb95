/** It waits all of this for answers that are late, also where none is missing. */
const LATE_SECONDS = 5;

/** perfdhcp with so many exchanges, begun at a rate a second by that many machines. */
export function exchanges(load: { count: number; rate: number; clients: number }, server: string): string[] {
  const { count, rate, clients } = load;
  const late = ['-d', LATE_SECONDS, '-W', LATE_SECONDS * 1_000_000];
  const numbers = ['-n', count, '-r', rate, '-R', clients, ...late].map(String);
  return ['perfdhcp', '-4', '-l', 'eth0', ...numbers, server];
}

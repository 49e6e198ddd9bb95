import type { World } from './world.js';

/** The name of a user on this machine, or the number where it has none. */
export async function userName({ text }: Pick<World, 'text'>, uid: number): Promise<string> {
  const accounts = ((await text('/etc/passwd')) ?? '').split('\n').map((line) => line.split(':'));
  return accounts.find(([, , number]) => number === String(uid))?.[0] ?? String(uid);
}

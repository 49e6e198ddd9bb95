import { isUserName, passwordFault, type User } from '#domain/user.js';
import { hashPassword, isPassword } from '#login/password.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';

/** What is done with users. All throw errors of the catalogue, none of which names a password, and resolve when durable. */

/** Throws USER_NAME_BAD, PASSWORD_BAD, USER_EXISTS. */
export async function addUser(
  context: Context,
  name: string,
  password: string,
  actor: string,
): Promise<User> {
  if (!isUserName(name)) throw actionErrors.USER_NAME_BAD({});
  checkPassword(password);
  const { store, users, clock } = context;
  const hash = await hashPassword(password);
  return store.commit(() => {
    if (users.byName(name)) throw actionErrors.USER_EXISTS({ name });
    users.add(name, hash, clock.now(), actor);
    return findUser(context, name);
  });
}

/** Throws USER_UNKNOWN, PASSWORD_BAD. */
export async function changePassword(context: Context, name: string, password: string): Promise<User> {
  findUser(context, name);
  checkPassword(password);
  const hash = await hashPassword(password);
  return context.store.commit(() => {
    const user = findUser(context, name);
    context.users.changePassword(user.name, hash, context.clock.now());
    return findUser(context, name);
  });
}

/** Throws USER_UNKNOWN. */
export async function removeUser(context: Context, name: string): Promise<User> {
  return context.store.commit(() => {
    const user = findUser(context, name);
    context.users.remove(user.name);
    return user;
  });
}

/** Throws USER_UNKNOWN. */
export function findUser({ users }: Context, name: string): User {
  const user = users.byName(name);
  if (!user) throw actionErrors.USER_UNKNOWN({ name });
  return user;
}

function checkPassword(password: string): void {
  const reason = passwordFault(password);
  if (reason !== undefined) throw actionErrors.PASSWORD_BAD({ reason });
}

export type Login =
  | { readonly kind: 'ok'; readonly user: User }
  | { readonly kind: 'wrong' }
  /** Too many failures from that address. */
  | { readonly kind: 'limited'; readonly seconds: number };

/** Checks a name and a password that came from `address`. Neither of them reaches a log, a trace or an error text. */
export async function verifyLogin(
  { users, loginLimit }: Context,
  { name, password, address }: { readonly name: string; readonly password: string; readonly address: string },
): Promise<Login> {
  const seconds = loginLimit.waitSeconds(address);
  if (seconds > 0) return { kind: 'limited', seconds };
  // Counted before the check: who sends many at once gets no more of them than who sends them one by one.
  loginLimit.failed(address);
  const isRight = await isPassword(password, users.passwordHash(name));
  const user = users.byName(name);
  if (!isRight || !user) return { kind: 'wrong' };
  loginLimit.succeeded(address);
  return { kind: 'ok', user };
}

import { call } from './libc.js';

/** The kernel's number of an interface; another one when it went away and came back under its name. undefined: there is none. */
export function interfaceIndex(name: string): number | undefined {
  return call('unsigned int if_nametoindex(const char *name)', name) || undefined;
}

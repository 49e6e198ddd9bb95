import { callApi } from './client.js';
import { print } from './print.js';
import { plain } from './tables.js';

/** What an order for a group answers, beside what was done. */
interface GroupAnswer {
  readonly refused: ReadonlyArray<{ readonly host: string; readonly reason: string }>;
}

/** Orders something for each host of a group; `linesOf` says what was done. The program ends with 1 where a host was refused. */
export async function orderForGroup<T>(
  { state, ...output }: { readonly state: string; readonly json?: true },
  path: string,
  order: object,
  linesOf: (made: T) => readonly string[],
): Promise<void> {
  const made = await callApi<T & GroupAnswer>(state, 'POST', path, order);
  const refused = made.refused.map(({ host, reason }) => `refused: ${plain(reason)} (${host})`);
  print(output, made, [...linesOf(made), ...refused]);
  if (refused.length > 0) process.exitCode = 1;
}

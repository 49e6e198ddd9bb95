import { type Printer, type PrinterMode, printerProblem } from '#domain/printer.js';
import { isUsableName } from '#domain/usable-name.js';
import type { Context } from './context.js';
import { actionErrors } from './errors.js';
import { findHost } from './manage-hosts.js';

/** Printers that FOG Clients install, as people see and change them. All throw errors of the catalogue and resolve when durable. */

export type NewPrinter = Pick<Printer, 'name' | 'type'> & Partial<Omit<Printer, 'id' | 'name' | 'type'>>;
export type PrinterChanges = Partial<Omit<Printer, 'id'>>;

/** Clients are told the names of all of them at each poll. */
const MOST = 1_000;
const EMPTY = { description: '', port: '', file: '', model: '', ip: '', configFile: '' };

/** Throws PRINTER_BAD, PRINTER_EXISTS or PRINTERS_MANY. */
export async function addPrinter({ store, printers }: Context, wanted: NewPrinter): Promise<Printer> {
  const printer = { ...EMPTY, ...wanted };
  checkName(printer.name);
  check(printer);
  return await store.commit(() => {
    if (printers.byName(printer.name)) throw actionErrors.PRINTER_EXISTS({ name: printer.name });
    if (printers.names().length >= MOST) throw actionErrors.PRINTERS_MANY({ most: MOST });
    return { id: printers.add(printer), ...printer };
  });
}

/** Throws PRINTER_UNKNOWN, PRINTER_BAD or PRINTER_EXISTS. */
export async function changePrinter(
  { store, printers }: Context,
  id: number,
  changes: PrinterChanges,
): Promise<Printer> {
  return await store.commit(() => {
    const before = printers.byId(id);
    if (!before) throw actionErrors.PRINTER_UNKNOWN({ key: id });
    const { id: _, ...after } = { ...before, ...changes };
    if (after.name !== before.name) checkName(after.name);
    check(after);
    const other = printers.byName(after.name);
    if (other && other.id !== id) throw actionErrors.PRINTER_EXISTS({ name: after.name });
    printers.change({ id, ...after });
    return { id, ...after };
  });
}

/** Clients that had it from fogd remove it no more: they are told the names that fogd knows. Throws PRINTER_UNKNOWN. */
export async function removePrinter({ store, printers }: Context, id: number): Promise<Printer> {
  return await store.commit(() => {
    const printer = printers.byId(id);
    if (!printer) throw actionErrors.PRINTER_UNKNOWN({ key: id });
    printers.remove(id);
    return printer;
  });
}

/** Of a new one, or of one that gets another name. */
function checkName(name: string): void {
  if (!isUsableName(name))
    throw actionErrors.PRINTER_BAD({ reason: 'its name is only blanks and dots, or begins with -' });
}

function check(printer: Omit<Printer, 'id'>): void {
  const reason = printerProblem(printer);
  if (reason !== undefined) throw actionErrors.PRINTER_BAD({ reason });
}

/** The printers of a host. */
export interface HostPrinters {
  readonly host: string;
  readonly mode: PrinterMode;
  /** Names. */
  readonly printers: readonly string[];
  readonly default: string | null;
}

/** Throws HOST_UNKNOWN. */
export function describeHostPrinters(context: Context, key: string): HostPrinters {
  const { printers, clientSettings } = context;
  const host = findHost(context, key);
  const assigned = printers.assigned(host.id);
  return {
    host: host.name,
    mode: clientSettings.get(host.id).printerMode,
    printers: assigned.map(({ name }) => name),
    default: assigned.find(({ isDefault }) => isDefault)?.name ?? null,
  };
}

/** Changes what is named; the default one goes when it is no longer assigned. Throws HOST_UNKNOWN, PRINTER_UNKNOWN or PRINTER_NOT_ASSIGNED. */
export async function assignPrinters(
  context: Context,
  key: string,
  order: Partial<Omit<HostPrinters, 'host'>>,
): Promise<HostPrinters> {
  const { store, printers, clientSettings } = context;
  const host = findHost(context, key);
  const find = (name: string) => {
    const printer = printers.byName(name);
    if (!printer) throw actionErrors.PRINTER_UNKNOWN({ key: name });
    return printer.id;
  };
  await store.commit(() => {
    const before = printers.assigned(host.id);
    const ids = order.printers?.map(find) ?? before.map(({ id }) => id);
    const kept = before.find(({ isDefault, id }) => isDefault && ids.includes(id))?.id;
    const chosen =
      order.default === undefined ? kept : order.default === null ? undefined : find(order.default);
    if (chosen !== undefined && !ids.includes(chosen))
      throw actionErrors.PRINTER_NOT_ASSIGNED({ name: host.name, printer: order.default ?? '' });
    printers.assign(host.id, ids, chosen);
    if (order.mode !== undefined) clientSettings.change(host.id, { printerMode: order.mode });
  });
  return describeHostPrinters(context, host.name);
}

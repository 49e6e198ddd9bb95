/** FOG's kinds of printers, and what its client calls them (spec client-protocol 7.3). */
export const PRINTER_TYPES = { network: 'Network', local: 'Local', iprint: 'iPrint', cups: 'CUPS' } as const;
export type PrinterType = keyof typeof PRINTER_TYPES;

/** A printer that clients install (data-model, FOG's printers). */
export interface Printer {
  readonly id: number;
  /** Of a network printer `\\server\share`: clients compare it to the letter. */
  readonly name: string;
  readonly description: string;
  readonly type: PrinterType;
  readonly port: string;
  /** Path of its driver on the client. */
  readonly file: string;
  readonly model: string;
  /** `host` or `host:port`; empty: none. */
  readonly ip: string;
  /** Path of its settings on the client. */
  readonly configFile: string;
}

/** What a client does with printers, and FOG's words for it: nothing; those of fogd alone; all, and what is not assigned is removed. */
export const PRINTER_MODES = { off: '0', managed: 'a', exclusive: 'ar' } as const;
export type PrinterMode = keyof typeof PRINTER_MODES;

/** What is wrong with a printer; undefined when nothing is. Its texts become arguments of commands that the client runs as the system. */
export function printerProblem(printer: Omit<Printer, 'id'>): string | undefined {
  for (const [field, value] of Object.entries(printer))
    if (value.length > 250 || /["\p{Cc}\p{Cf}]/u.test(value))
      return `its ${field} is too long, or has a character that it cannot have`;
  const { type, name, port, ip, file, model, configFile } = printer;
  if (name.trim() !== name || name === '') return 'it has no name, or spaces around it';
  if (/[&|]/.test(configFile)) return 'its configFile cannot have & or |';
  if (ip !== '' && !/^[A-Za-z0-9._-]+(:\d{1,5})?$/.test(ip))
    return 'its ip must be a host, or a host and a port';
  switch (type) {
    case 'network':
      return /^\\\\[^\\/]+\\[^\\/]+$/.test(name) ? undefined : 'its name must be \\\\server\\share';
    case 'local':
      if (file === '' || model === '') return 'a local printer needs the file of its driver, and its model';
      return port === '' ? 'a local printer needs a port' : undefined;
    case 'iprint':
      return port === '' ? 'an iPrint printer needs a port' : undefined;
    case 'cups':
      return ip === '' ? 'a CUPS printer needs an ip' : undefined;
  }
}

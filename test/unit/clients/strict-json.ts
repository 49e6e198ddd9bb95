/** The types that FOG Client's parser takes (spec client-protocol 3.5), and what it makes of a module in which one is wrong: nothing. */
type Kind = 'bool' | 'int' | 'string' | 'list';

const FIELDS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  autologout: { time: 'int' },
  displaymanager: { x: 'int', y: 'int', r: 'int' },
  hostnamechanger: {
    enforce: 'bool',
    hostname: 'string',
    AD: 'bool',
    ADDom: 'string',
    ADOU: 'string',
    ADUser: 'string',
    ADPass: 'string',
    Key: 'string',
  },
  powermanagement: { onDemand: 'string', tasks: 'list' },
  printermanager: { mode: 'string', allPrinters: 'list', default: 'string', printers: 'list' },
  snapinclient: { snapins: 'list' },
  taskreboot: { job: 'bool' },
  usertracker: {},
};

const TAKES: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  bool: (value) => [true, false, 0, 1, 'true', 'false'].includes(value as boolean),
  int: (value) => Number.isInteger(value) || (typeof value === 'string' && /^-?\d+$/.test(value)),
  string: (value) => ['string', 'number', 'boolean'].includes(typeof value),
  list: Array.isArray,
};

/** What the client would write into its log about the answer to a poll. */
export function moduleProblems(modules: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(FIELDS).flatMap(([name, fields]) => {
    const told = modules[name];
    if (told === undefined && name === 'usertracker') return [];
    if (typeof told !== 'object' || told === null || Array.isArray(told)) return [`${name}: no data`];
    return Object.entries(told).flatMap(([field, value]) => {
      const kind = fields[field];
      if (kind === 'list' && Array.isArray(value))
        return value.flatMap((one) => elementProblems(`${name}.${field}`, one));
      if (field === 'error') return typeof value === 'string' ? [] : [`${name}.error: not a string`];
      return kind && !TAKES[kind](value) ? [`${name}.${field}: ${JSON.stringify(value)} is no ${kind}`] : [];
    });
  });
}

/** What makes the client leave out a whole list, or do something else (spec client-protocol 7.2, 7.3). */
function elementProblems(list: string, element: unknown): string[] {
  if (list === 'printermanager.allPrinters') return typeof element === 'string' ? [] : [`${list}: no name`];
  if (typeof element !== 'object' || element === null) return [`${list}: no object`];
  const { type, ip, action, cron } = element as Record<string, unknown>;
  const problems: string[] = [];
  if (list === 'printermanager.printers') {
    if (!/^(iprint|network|local|cups)$/i.test(String(type))) problems.push(`${list}: type ${String(type)}`);
    if (ip === '') problems.push(`${list}: a port without an address`);
  }
  if (list === 'powermanagement.tasks') {
    if (action !== 'reboot' && action !== 'shutdown') problems.push(`${list}: taken for a shutdown`);
    if (!/^[^ ]+( [^ ]+){3} (\*|\d|[A-Z][A-Z,-]*)$/.test(String(cron)))
      problems.push(`${list}: ${String(cron)}`);
  }
  return problems;
}

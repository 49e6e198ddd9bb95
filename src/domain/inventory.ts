/** What a machine says of its hardware (spec fos-protocol 3.9). All of it is text of a stranger: bounded here, escaped where shown. */

/** The fields that FOS posts, in its order, without `mac`; nothing else is stored. */
export const INVENTORY_FIELDS = [
  'sysman',
  'sysproduct',
  'sysversion',
  'sysserial',
  'sysuuid',
  'systype',
  'biosversion',
  'biosvendor',
  'biosdate',
  'mbman',
  'mbproductname',
  'mbversion',
  'mbserial',
  'mbasset',
  'cpuman',
  'cpuversion',
  'cpucurrent',
  'cpumax',
  'mem',
  'hdinfo',
  'caseman',
  'casever',
  'caseserial',
  'caseasset',
  'gpuvendors',
  'gpuproducts',
] as const;

export type InventoryField = (typeof INVENTORY_FIELDS)[number];

/** Reported values by FOG's names; `hdinfo` is taken apart into `hdmodel`, `hdfirmware`, `hdserial`. */
export type ReportedInventory = Readonly<Record<string, string>>;

/** FOG's column width; longer values are cut there too. */
const MAX_LENGTH = 250;

/** Makes a storable inventory of decoded fields. Control characters become blanks: values end up in scripts and on terminals. */
export function inventoryFrom(fields: Partial<Record<InventoryField, string>>): ReportedInventory {
  const reported: Record<string, string> = {};
  for (const field of INVENTORY_FIELDS) {
    const value = clean(fields[field] ?? '');
    if (field === 'hdinfo') Object.assign(reported, parseDisk(value));
    else if (field === 'sysuuid') reported[field] = value.toLowerCase();
    else reported[field] = value;
  }
  return reported;
}

/** hdparm's `Model=…, FwRev=…, SerialNo=…`, or the same made of smartctl's words in lower case. */
function parseDisk(text: string): Record<string, string> {
  return {
    hdmodel: /model=\s*([^,]*)/i.exec(text)?.[1]?.trim() ?? '',
    hdfirmware: /fwrev=\s*([^,]*)/i.exec(text)?.[1]?.trim() ?? '',
    hdserial: /serialno=\s*(.*)/i.exec(text)?.[1]?.trim() ?? '',
  };
}

/** Bounded text on one line. */
export function clean(text: string, maxLength = MAX_LENGTH): string {
  return text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, maxLength);
}

/** The partition table of a disk as `sfdisk -d` prints it (fos-protocol 5.6), also by its oldest versions (`Id= 7`). */
export interface SfdiskDump {
  /** `gpt`, `dos` …; undefined where the header does not say (old versions: a DOS table). */
  readonly label: string | undefined;
  readonly device: string | undefined;
  /** Bytes of a sector, 512 where the header does not say. */
  readonly sectorSize: number;
  /** All header fields, names in lower case. */
  readonly header: ReadonlyMap<string, string>;
  /** In the order of the text, without empty slots. */
  readonly partitions: readonly DumpedPartition[];
  /** Lines that look like neither a header nor a partition. */
  readonly unreadable: readonly string[];
}

export interface DumpedPartition {
  /** 1… from the end of the node's name: /dev/sda3, /dev/nvme0n1p3. */
  readonly number: number;
  readonly node: string;
  /** Sectors. */
  readonly start: number;
  /** Sectors. */
  readonly size: number;
  /** GUID in upper case, or the DOS type in lower-case hexadecimal without leading zero. */
  readonly type: string;
  readonly uuid: string | undefined;
  readonly name: string | undefined;
  readonly bootable: boolean;
}

/** Far above any real table (GPT: 128 entries, names of 36 characters): a hostile one costs neither memory nor time. */
const MAX_LINES = 300;
const MAX_LINE_LENGTH = 1000;
const HEADER = /^([A-Za-z][A-Za-z -]*):\s*(.*)$/;
const PARTITION = /^(\/\S*?(\d+))\s*:\s*(.*)$/;

/** Reads a dump; never throws, what it cannot read is listed. */
export function parseSfdiskDump(text: string): SfdiskDump {
  const header = new Map<string, string>();
  const partitions: DumpedPartition[] = [];
  const unreadable: string[] = [];
  for (const raw of text.split('\n', MAX_LINES)) {
    const line = raw.slice(0, MAX_LINE_LENGTH).trim();
    if (line === '' || line.startsWith('#') || /^Warning:/i.test(line)) continue;
    const found = raw.length > MAX_LINE_LENGTH ? null : PARTITION.exec(line);
    if (found) {
      const partition = toPartition(found[1] ?? '', Number(found[2]), fieldsOf(found[3] ?? ''));
      if (partition === undefined) unreadable.push(line);
      else if (partition.size > 0) partitions.push(partition);
      continue;
    }
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined) unreadable.push(line);
    else header.set(name.toLowerCase(), value);
  }
  const sectorSize = Number(header.get('sector-size') ?? 512);
  return {
    label: header.get('label')?.toLowerCase(),
    device: header.get('device'),
    sectorSize: [512, 1024, 2048, 4096].includes(sectorSize) ? sectorSize : 512,
    header,
    partitions,
    unreadable,
  };
}

/** Fields between commas; a comma in quotes is part of a name (sfdisk writes a quote in a name as `\\x22`). */
function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [part] of text.matchAll(/(?:[^",]|"[^"]*")+/g)) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase();
    const value = equals < 0 ? '' : part.slice(equals + 1).trim();
    fields.set(name, value.startsWith('"') ? value.slice(1, -1) : value);
  }
  return fields;
}

function toPartition(
  node: string,
  number: number,
  fields: ReadonlyMap<string, string>,
): DumpedPartition | undefined {
  const start = sectors(fields.get('start'));
  const size = sectors(fields.get('size'));
  const type = fields.get('type') ?? fields.get('id');
  if (start === undefined || size === undefined || type === undefined) return undefined;
  if (!Number.isSafeInteger(number) || number < 1) return undefined;
  return {
    number,
    node,
    start,
    size,
    type: type.includes('-')
      ? type.toUpperCase()
      : type
          .toLowerCase()
          .replace(/^0x/, '')
          .replace(/^0(?=.)/, ''),
    uuid: fields.get('uuid'),
    name: fields.get('name'),
    bootable: fields.has('bootable'),
  };
}

function sectors(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A container of logical partitions: it has no content of its own. */
export function isExtended(partition: DumpedPartition): boolean {
  return ['5', 'f', '85'].includes(partition.type);
}

export function isSwap(partition: DumpedPartition): boolean {
  return partition.type === '82' || partition.type === '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F';
}

/** The smallest disk that takes the table, in bytes (fos-protocol 5.6: 34 sectors more for the second GPT). */
export function smallestDisk(dump: SfdiskDump): number {
  const end = Math.max(0, ...dump.partitions.map(({ start, size }) => start + size));
  return end === 0 ? 0 : (end + (dump.label === 'gpt' ? 34 : 0)) * dump.sectorSize;
}

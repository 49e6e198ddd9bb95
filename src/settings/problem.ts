/** Something wrong in the settings: where, what, and how to mend it. */
export interface Problem {
  /** Dotted path of the setting, e.g. `dhcp.subnets.0.network`; empty for the file as a whole. */
  readonly path: string;
  readonly what: string;
  readonly mend: string;
  /** Line in the file, from 1, where it is known. */
  readonly line?: number;
}

/** `fogd.toml:12: dhcp.mode is "on": use off, proxy or server` */
export function problemLine(file: string, { path, what, mend, line }: Problem): string {
  const where = line === undefined ? file : `${file}:${line}`;
  return `${where}: ${path === '' ? '' : `${path} `}${what}: ${mend}`;
}

import type { SnapinCommand } from './snapin.js';

/** How files of a kind are run: FOG's templates for snapins and for packs (spec client-protocol 5.5, 5.6). */
interface Template {
  readonly description: string;
  readonly runWith: string;
  readonly runWithArgs: string;
  readonly args: string;
  /** Stands between the folder and the program of a pack. */
  readonly slash: '\\' | '/';
}

const POWERSHELL_ARGS = '-ExecutionPolicy Bypass -NoProfile -File';

export const SNAPIN_TEMPLATES = {
  msi: {
    description: 'Windows installer package',
    runWith: 'msiexec.exe',
    runWithArgs: '/i',
    args: '/quiet',
    slash: '\\',
  },
  batch: { description: 'Windows batch file', runWith: 'cmd.exe', runWithArgs: '/c', args: '', slash: '\\' },
  vbs: { description: 'Visual Basic script', runWith: 'cscript.exe', runWithArgs: '', args: '', slash: '\\' },
  powershell: {
    description: 'PowerShell script, 32 bits',
    runWith: 'powershell.exe',
    runWithArgs: POWERSHELL_ARGS,
    args: '',
    slash: '\\',
  },
  // The client is a 32-bit program: Windows shows it the 32-bit PowerShell under the plain name.
  'powershell-64': {
    description: 'PowerShell script, 64 bits',
    runWith: '%SYSTEMROOT%\\sysnative\\windowspowershell\\v1.0\\powershell.exe',
    runWithArgs: POWERSHELL_ARGS,
    args: '',
    slash: '\\',
  },
  bash: { description: 'bash script', runWith: '/bin/bash', runWithArgs: '', args: '', slash: '/' },
  mono: { description: '.NET program, run by mono', runWith: 'mono', runWithArgs: '', args: '', slash: '/' },
} as const satisfies Readonly<Record<string, Template>>;

export type SnapinTemplate = keyof typeof SNAPIN_TEMPLATES;
export const TEMPLATE_NAMES = Object.keys(SNAPIN_TEMPLATES) as SnapinTemplate[];

/** The client puts the folder that it unpacked to here, without quotes; snapin names may have blanks. */
const PACK_FOLDER = '[FOG_SNAPIN_PATH]';

/** The command of a template; of a pack, `program` is the file in it that is run. */
export function commandOf(name: SnapinTemplate, program: string | undefined): SnapinCommand {
  const { runWith, runWithArgs, args, slash }: Template = SNAPIN_TEMPLATES[name];
  if (program === undefined) return { runWith, runWithArgs, args, pack: false };
  const path = `"${PACK_FOLDER}${slash}${program}"`;
  const words = [runWithArgs, path, args].filter((word) => word !== '');
  return { runWith, runWithArgs: words.join(' '), args: '', pack: true };
}

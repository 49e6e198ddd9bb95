/**
 * Data files that a `d1pN.lvm` names (fos-protocol 5.5): LV lines of `LVMFORMAT 2` have a minimum size that `LVMFORMAT 1` has not.
 * A text instead completes the sentence "FILE …".
 */
export function lvmDataFiles(text: string): string[] | string {
  const lines = text.split('\n', 4096).map((line) => line.trim().split(/\s+/));
  const [word, version] = lines[0] ?? [];
  if (word !== 'LVMFORMAT' || (version !== '1' && version !== '2')) return 'is of an unknown format';
  const column = version === '2' ? 6 : 5;
  const files = lines.filter(([kind]) => kind === 'LV').map((fields) => fields[column]);
  if (files.includes(undefined)) return 'has an unreadable LV line';
  return files.filter((file): file is string => file !== undefined && file !== '-');
}

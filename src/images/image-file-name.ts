/** What a file of an image is for, by its name (fos-protocol 5.4, 5.5). */
export type ImageFileName =
  /** `d1p2.img`, pieces `d1p2.img.001`…; of a logical volume `d1p3.root.img`. `piece` 0 is the file without a number. */
  | {
      readonly kind: 'data';
      readonly base: string;
      readonly partition: number;
      readonly volume?: string;
      readonly piece: number;
    }
  /** `d1p2.img.000`: the client did not get to rename it, so the partition is not complete. */
  | { readonly kind: 'unfinished'; readonly base: string }
  /** `d1p3.lvm`. */
  | { readonly kind: 'lvm'; readonly partition: number }
  /** `d1p2.img.bak` and the like: the client reads `d1p2.img*` and would take it for a piece. */
  | { readonly kind: 'mistaken' }
  | { readonly kind: 'other' }
  | { readonly kind: 'refused'; readonly reason: string };

const DATA = /^(d1p(\d{1,3})(?:\.([A-Za-z0-9+_.-]+))?\.img)(?:\.(\d{3}))?$/;

export function imageFileName(name: string): ImageFileName {
  if (name.startsWith('.')) return { kind: 'refused', reason: 'is a hidden file' };
  if (!/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}$/.test(name))
    return { kind: 'refused', reason: 'has a strange name' };
  const [, base, number, volume, piece] = DATA.exec(name) ?? [];
  if (base !== undefined) {
    if (piece === '000') return { kind: 'unfinished', base };
    return {
      kind: 'data',
      base,
      partition: Number(number),
      ...(volume === undefined ? {} : { volume }),
      piece: Number(piece ?? 0),
    };
  }
  if (/\.img\.000$/.test(name)) return { kind: 'unfinished', base: name.slice(0, -4) };
  const lvm = /^d1p(\d{1,3})\.lvm$/.exec(name);
  if (lvm) return { kind: 'lvm', partition: Number(lvm[1]) };
  return { kind: /\.img/.test(name) ? 'mistaken' : 'other' };
}

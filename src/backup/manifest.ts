import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { isPartName, STORE } from './parts.js';

/** Name of the manifest, the first file of a backup. */
export const MANIFEST = 'manifest.json';
/** Name of the last file: SHA-256 of the manifest in hexadecimal, for the only file that the manifest says nothing of. */
export const SEAL = 'manifest.sha256';
/** A newer fogd may write another; this one then refuses it. */
export const FORMAT = 1;
export const LARGEST_MANIFEST = 4 * 1024 * 1024;

const Part = Type.Object(
  {
    name: Type.String({ maxLength: 100 }),
    size: Type.Integer({ minimum: 0 }),
    mode: Type.Integer({ minimum: 0, maximum: 0o777 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  },
  { additionalProperties: false },
);

const ManifestSchema = Type.Object({
  format: Type.Integer({ minimum: 1 }),
  /** Of the fogd that wrote it. */
  version: Type.String({ maxLength: 100 }),
  /** Schema version of the store. */
  schema: Type.Integer({ minimum: 1 }),
  /** Milliseconds since 1970. */
  madeAt: Type.Integer({ minimum: 0 }),
  /** In the order in which they follow. */
  parts: Type.Array(Part, { minItems: 1, maxItems: 10_001 }),
});

export type Part = Static<typeof Part>;
export type Manifest = Static<typeof ManifestSchema>;

/** A text that says what is wrong where it is no manifest; its content is hostile. */
export function parseManifest(text: string): Manifest | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'its manifest is no JSON'; // The text of the error would quote the file.
  }
  if (!Value.Check(ManifestSchema, value)) return 'its manifest is not understood';
  const names = value.parts.map(({ name }) => name);
  const bad = names.find((name) => !isPartName(name));
  if (bad !== undefined) return `it holds a file of the name ${JSON.stringify(bad)}`;
  if (new Set(names).size !== names.length) return 'it holds a file twice';
  return names.includes(STORE) ? value : 'it holds no store';
}

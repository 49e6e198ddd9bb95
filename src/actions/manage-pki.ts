import type { ForeignPki } from '#pki/imported.js';
import type { PkiView } from '#pki/pki.js';
import type { Context } from './context.js';

/** The certificates as people read them; never a key. */
export function describePki({ pki }: Context): PkiView {
  return pki.describe();
}

export interface ImportedPki extends PkiView {
  /** What works, but not with every client. */
  readonly warnings: readonly string[];
}

/**
 * Takes the certificate authority and keys of another FOG server: FOG Clients that trust it find in fogd the server they know. Throws
 * PKI_IMPORT_BAD, PKI_FOLDER or PKI_NOT_READY. Resolves when durable.
 */
export async function importPki(context: Context, foreign: ForeignPki, actor: string): Promise<ImportedPki> {
  const warnings = await context.pki.import(foreign);
  const view = context.pki.describe();
  context.recorder.record({
    service: 'fogd',
    event: 'pki-imported',
    outcome: 'answered',
    who: {},
    reasons: warnings,
    facts: { actor, fingerprint: view.authority?.fingerprint ?? '' },
  });
  return { ...view, warnings };
}

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
  tell(context, 'pki-imported', { actor, fingerprint: view.authority?.fingerprint ?? '' }, warnings);
  return { ...view, warnings };
}

/** Takes the key of the authority out of use; gives the file to take away. Throws PKI_NOT_READY or PKI_IS_OFFLINE. */
export async function takePkiOffline(context: Context, actor: string): Promise<{ readonly file: string }> {
  const file = await context.pki.offline();
  tell(context, 'pki-offline', { actor });
  return { file };
}

/** Takes it into use again. Throws PKI_IMPORT_BAD or PKI_NOT_READY. */
export async function bringPkiOnline(context: Context, key: string, actor: string): Promise<PkiView> {
  await context.pki.online(key);
  tell(context, 'pki-online', { actor });
  return context.pki.describe();
}

function tell(
  { recorder }: Context,
  event: string,
  facts: Readonly<Record<string, string>>,
  reasons: readonly string[] = [],
): void {
  recorder.record({ service: 'fogd', event, outcome: 'answered', who: {}, reasons, facts });
}

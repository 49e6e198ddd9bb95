import type { Command } from 'commander';
import { callApi } from './client.js';
import { jsonOption, stateOption } from './options.js';
import { readKeyText, readPkiFolder } from './pki-folder.js';
import { print } from './print.js';

interface CertificateView {
  readonly subject: string;
  readonly fingerprint: string;
  readonly names: readonly string[];
  readonly until: number;
}

interface PkiView {
  readonly authority: CertificateView | null;
  readonly communication: CertificateView | null;
  readonly tls: CertificateView | null;
  readonly offline: boolean;
}

interface Options {
  readonly state: string;
  readonly json?: true;
}

export function addPki(program: Command): void {
  const pki = program
    .command('pki')
    .description('certificates: the authority that FOG Clients trust')
    .addHelpText('after', '\nExample:\n  fogd pki show');
  const verb = (name: string, description: string) =>
    pki.command(name).description(description).addOption(stateOption()).addOption(jsonOption());

  verb('show', 'the authority, what clients encrypt to, and the own certificate for HTTPS')
    .addHelpText('after', '\nExample:\n  fogd pki show')
    .action(async (options: Options) => {
      const view = await callApi<PkiView>(options.state, 'GET', '/pki');
      print(options, view, lines(view));
    });

  verb('import <folder>', 'take authority and keys of a FOG server, so that its clients need no change')
    .addHelpText(
      'after',
      '\nRead are CA/.fogCA.pem, CA/.fogCA.key and, where they are there, .srvprivate.key and .srvpublic.crt.\n\nExample:\n  fogd pki import /opt/fog/snapins/ssl',
    )
    .action(async (folder: string, options: Options) => {
      const body = readPkiFolder(folder);
      const taken = await callApi<PkiView & { readonly warnings: readonly string[] }>(
        options.state,
        'POST',
        '/pki/import',
        body,
      );
      const warnings = taken.warnings.map((warning) => `Note: ${warning}`);
      print(options, taken, [...lines(taken), ...warnings]);
    });

  verb('offline', 'take the key of the authority out of use, for you to keep elsewhere')
    .addHelpText('after', '\nExample:\n  fogd pki offline')
    .action(async (options: Options) => {
      const taken = await callApi<{ readonly file: string }>(options.state, 'POST', '/pki/offline');
      print(options, taken, [
        `The key is in ${taken.file}, and fogd uses it no more: move that file to a safe place.`,
        'The certificates are good for two years; fogd status says when the key is needed again.',
      ]);
    });

  verb('online <file>', 'take the key of the authority into use again')
    .addHelpText('after', '\nExample:\n  fogd pki online /media/usb/ca.key')
    .action(async (file: string, options: Options) => {
      const body = { key: readKeyText(file) };
      const view = await callApi<PkiView>(options.state, 'POST', '/pki/online', body);
      print(options, view, lines(view));
    });
}

function lines({ authority, communication, tls, offline }: PkiView): string[] {
  const block = (title: string, view: CertificateView | null): string[] => [
    title,
    ...(view
      ? [
          `  subject  ${view.subject}`,
          ...(view.names.length > 0 ? [`  names    ${view.names.join(' ')}`] : []),
          `  until    ${new Date(view.until).toISOString().slice(0, 10)}`,
          `  SHA-256  ${view.fingerprint}`,
        ]
      : ['  not made yet']),
  ];
  return [
    ...block(`certificate authority${offline ? ' (its key is elsewhere)' : ''}`, authority),
    ...block('what FOG Clients encrypt to', communication),
    ...block('own certificate for HTTPS', tls),
  ];
}

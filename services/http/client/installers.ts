import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context } from '#actions/context.js';
import type { Settings } from '#settings/schema.js';
import type { Recorder } from '#trace/decision.js';
import { clientAddress } from '../address.js';
import { parseQuery } from '../form.js';
import { type BootFileSource, sendFile } from '../send-file.js';

/** Folder among the boot files where the admin puts the FOG Project's own installers. */
const FOLDER = 'client';
/** The one that clients take as an update, if the FOG Project signed it (spec client-protocol 8.2). */
const UPDATE = 'SmartInstaller.exe';
const NO_UPDATE = '0.0.0';

/** What `download.php` calls them (spec client-protocol 8.3). */
const FILES: ReadonlyMap<string, string> = new Map([
  ['newclient', 'FOGService.msi'],
  ['smartinstaller', UPDATE],
  ['legclient', 'FogService.zip'],
  ['fogprep', 'FogPrep.zip'],
  ['fogcrypt', 'FOGCrypt.zip'],
]);

export interface InstallerOptions {
  readonly context: Context;
  readonly recorder: Recorder;
  readonly files: BootFileSource;
}

/**
 * The version that clients are offered. Where the file is missing it must not be more than they have: they would ask for it at each poll for ever
 * (spec client-protocol 8.2).
 */
export function offeredVersion({ client }: Settings, files: Pick<BootFileSource, 'has'>): string {
  const { clientupdater, update_version: version } = client;
  return clientupdater && version !== '' && files.has(`${FOLDER}/${UPDATE}`) ? version : NO_UPDATE;
}

/** Installers of FOG Client, for clients and for people. Only these names, and only from this machine's disk: nothing is fetched for a caller. */
export async function installerRoutes(
  app: FastifyInstance,
  { context, recorder, files }: InstallerOptions,
): Promise<void> {
  const send = async (request: FastifyRequest, reply: FastifyReply, name: string | undefined) => {
    const file = name === undefined ? undefined : await files.open(`${FOLDER}/${name}`);
    if (name === undefined || !file) {
      reply.callNotFound();
      return reply;
    }
    reply.header('content-disposition', `attachment; filename=${name}`);
    const started = context.clock.now();
    return sendFile(request, reply, file, ({ bytes, complete }) => {
      recorder.record({
        service: 'client',
        event: 'file-sent',
        outcome: complete ? 'answered' : 'failed',
        who: { ip: clientAddress(request) },
        reasons: complete ? [] : ['the client broke off'],
        facts: { file: name, bytes, milliseconds: context.clock.now() - started },
      });
    });
  };
  for (const name of FILES.values()) app.get(`/${name}`, (request, reply) => send(request, reply, name));
  app.get('/download.php', (request, reply) => {
    const asked = parseQuery(request.url.split('?')[1] ?? '');
    const word = [...FILES.keys()].find((one) => asked.has(one));
    return send(request, reply, word === undefined ? undefined : FILES.get(word));
  });
}

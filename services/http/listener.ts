import { chmod, rm } from 'node:fs/promises';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Health, Service } from '#daemon/service.js';
import { errnoOf, type FogdError, messageOf } from '#errors.js';
import type { CertificateSource } from '#pki/source.js';
import { plainAddress } from './address.js';
import { sendProblem } from './api/problem.js';
import { httpErrors } from './errors.js';
import { refusedAddress, rememberAddresses, TLS_OPTIONS, tlsReason, useCertificate } from './tls.js';

/** Largest body of any client; FOS sends a few KiB. */
const BODY_LIMIT = 256 * 1024;
/** More parameters' worth of URL than any boot request needs. */
const MAX_URL_PARAM = 4096;

export type Listen =
  /** On all addresses where no host is named. */
  | { readonly kind: 'tcp'; readonly port: number; readonly host?: string; readonly tls?: Tls }
  /** A Unix socket that only the owner may open. */
  | { readonly kind: 'socket'; readonly path: string };

/** Makes the port one of HTTPS. It is opened at once; until there is a certificate, no handshake succeeds. */
export interface Tls {
  readonly certificate: CertificateSource;
  /** Told of each client with which no connection came about: its address and why. */
  readonly refused: (address: string, reason: string) => void;
}

/**
 * A Fastify application that listens on one port or socket, as a service. Made anew at each start; `build` adds the routes. Bodies arrive
 * as text, except JSON for the API: FOS's bodies need their own decoder.
 */
export class HttpListener implements Service {
  #app: FastifyInstance | undefined;
  #leaveCertificate: () => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly listen: Listen,
    private readonly build: (app: FastifyInstance) => Promise<void>,
    private readonly portHolder: (port: number, protocol: 'tcp') => Promise<string | undefined>,
  ) {}

  async start(fail: (error: FogdError) => void): Promise<void> {
    const tls = this.listen.kind === 'tcp' ? this.listen.tls : undefined;
    const app = await createApp(this.build, tls !== undefined);
    this.#app = app;
    if (tls) {
      this.#leaveCertificate = tls.certificate.follow((pair) => useCertificate(app.server, pair));
      rememberAddresses(app.server);
      app.server.on('tlsClientError', (error, socket) =>
        tls.refused(plainAddress(refusedAddress(socket)), tlsReason(error)),
      );
    }
    try {
      if (this.listen.kind === 'tcp') {
        const { port, host } = this.listen;
        await app.listen({ host: host ?? '::', port }).catch(async (error: unknown) => {
          // Servers without IPv6.
          if (errnoOf(error) !== 'EAFNOSUPPORT' || host !== undefined) throw error;
          await app.listen({ host: '0.0.0.0', port });
        });
      } else {
        // Left behind by a killed daemon; the lock on the state folder says that nobody uses it.
        await rm(this.listen.path, { force: true });
        await app.listen({ path: this.listen.path });
        await chmod(this.listen.path, 0o600);
      }
    } catch (error) {
      throw await this.#explain(error);
    }
    app.server.on('error', (error) =>
      fail(httpErrors.HTTP_CANNOT_LISTEN({ where: this.#where, reason: messageOf(error) }, error)),
    );
  }

  /** Lets running requests finish; idle connections are closed. */
  async stop(): Promise<void> {
    const app = this.#app;
    this.#app = undefined;
    this.#leaveCertificate();
    await app?.close();
  }

  health(): Health {
    const detail = `listening on ${this.#where}`;
    if (this.listen.kind !== 'tcp' || !this.listen.tls) return { state: 'ok', detail };
    const certificate = this.listen.tls.certificate.certificateHealth();
    return { state: certificate.state, detail: `${detail}, ${certificate.detail}` };
  }

  /** Where it listens now; tests ask for port 0. */
  get port(): number | undefined {
    const address = this.#app?.server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  get #where(): string {
    return this.listen.kind === 'tcp' ? `port ${this.listen.port}/tcp` : this.listen.path;
  }

  get #setting(): string {
    return this.listen.kind === 'tcp' && this.listen.tls ? 'https.port' : 'http.port';
  }

  async #explain(error: unknown): Promise<FogdError> {
    const code = errnoOf(error);
    if (this.listen.kind === 'tcp') {
      const { port } = this.listen;
      if (code === 'EADDRINUSE') {
        const holder = (await this.portHolder(port, 'tcp')) ?? 'another program';
        return httpErrors.HTTP_PORT_TAKEN({ port, holder, setting: this.#setting }, error);
      }
      if (code === 'EACCES') return httpErrors.HTTP_PORT_FORBIDDEN({ port, setting: this.#setting }, error);
    }
    return httpErrors.HTTP_CANNOT_LISTEN({ where: this.#where, reason: code ?? messageOf(error) }, error);
  }
}

/** The application without a socket; tests talk to it with `inject`. */
export async function createApp(
  build: (app: FastifyInstance) => Promise<void>,
  isTls = false,
): Promise<FastifyInstance> {
  const app = emptyApp(isTls);
  await build(app);
  return app;
}

/** Answers nothing yet. What is registered with it is loaded when it is first used, or waited for. */
export function emptyApp(isTls = false): FastifyInstance {
  const app = Fastify({
    // Routes are the same to both; the type of the server is the one thing that differs, and none of them asks for it.
    ...(isTls && { https: TLS_OPTIONS as unknown as null }),
    bodyLimit: BODY_LIMIT,
    forceCloseConnections: 'idle',
    // Ajv would silently drop what a schema does not know: a misspelt field must be told.
    ajv: { customOptions: { removeAdditional: false } },
    frameworkErrors: (error, { url }, reply) => refuseUrl(error, url, reply as FastifyReply),
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: MAX_URL_PARAM },
  });
  app.removeContentTypeParser('text/plain');
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  // What machines send comes back to people: a browser must never guess that it is a page (design section 7).
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    done();
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).type('text/plain; charset=utf-8').send('not found\n'),
  );
  return app;
}

/** An address that cannot be decoded, which no route and no plugin sees. */
function refuseUrl(error: Error, url: string, reply: FastifyReply): void {
  if (url.startsWith('/api/')) sendProblem(reply, error);
  else reply.code(400).type('text/plain; charset=utf-8').send('bad request\n');
}

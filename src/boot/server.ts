import type { UrlSettings } from '#settings/schema.js';

export type Scheme = 'http' | 'https';

/** The server as this machine reaches it. */
export interface BootServer {
  readonly scheme: Scheme;
  /** Name or address for URLs, with `:port` where it is not the scheme's own. */
  readonly host: string;
  /** The address the machine reached; `storage=` must be mountable without name service. */
  readonly ip: string;
}

const OWN_PORT: Readonly<Record<Scheme, number>> = { http: 80, https: 443 };

/**
 * What goes into the URLs for a machine that reached `localAddress`: the server's name, else its address, else just that. They keep the
 * scheme that the machine came by: one that trusts the certificate stays with HTTPS, and none is sent to what it cannot open.
 */
export function bootServer(settings: UrlSettings, localAddress: string, scheme: Scheme): BootServer {
  const { hostname, address } = settings.server;
  const name = hostname ?? address ?? localAddress;
  const { port } = settings[scheme];
  return {
    scheme,
    host: `${name.includes(':') ? `[${name}]` : name}${port === OWN_PORT[scheme] ? '' : `:${port}`}`,
    ip: localAddress,
  };
}

/** `http://10.0.0.1/fog/service/ipxe/boot.php`; `path` without a leading slash. */
export function serverUrl({ scheme, host }: Pick<BootServer, 'scheme' | 'host'>, path: string): string {
  return `${scheme}://${host}/${path}`;
}

/** Of a file or script below the folder that iPXE is sent to. */
export function ipxeUrl(server: Pick<BootServer, 'scheme' | 'host'>, file: string): string {
  return serverUrl(server, `fog/service/ipxe/${file}`);
}

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, type TLSSocket, type TlsOptions } from 'node:tls';
import { errnoOf, messageOf } from '#errors.js';
import type { Pair } from '#pki/pair.js';

/**
 * What clients are offered (docs/adr/0019). Forward secrecy first; the last six are for iPXE before 2022 and Windows 7, which know no
 * other: it costs the others nothing, they take what comes first.
 */
const CIPHERS = [
  ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].flatMap((cipher) => [
    `ECDHE-ECDSA-${cipher}`,
    `ECDHE-RSA-${cipher}`,
  ]),
  ...['ECDHE-RSA-AES128-SHA256', 'ECDHE-RSA-AES128-SHA', 'ECDHE-RSA-AES256-SHA'],
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA256', 'AES256-SHA256', 'AES128-SHA', 'AES256-SHA'],
].join(':');

/** Long enough for a slow machine, short enough for who holds connections open. */
const HANDSHAKE_MS = 20_000;

const CONTEXT: SecureContextOptions = { minVersion: 'TLSv1.2', ciphers: CIPHERS, honorCipherOrder: true };

export const TLS_OPTIONS: TlsOptions & { readonly handshakeTimeout: number } = {
  ...CONTEXT,
  handshakeTimeout: HANDSHAKE_MS,
};

/** Throws what TLS has against a certificate and its key. */
export function checkTlsPair(pair: Pair): void {
  createSecureContext(contextOf(pair));
}

/** New connections get it; those that are open go on. */
export function useCertificate(server: Server, pair: Pair): void {
  (server as Server & { setSecureContext(options: SecureContextOptions): void }).setSecureContext(
    contextOf(pair),
  );
}

/**
 * After a refusal by TLS 1.3 the connection may be gone, and with it the client's address. A socket that was asked before remembers it:
 * the one below that of TLS, which Node calls `_parent`.
 */
export function rememberAddresses(server: Server): void {
  server.on('connection', (socket) => socket.remoteAddress);
}

export function refusedAddress(socket: TLSSocket): string | undefined {
  return (socket as TLSSocket & { readonly _parent?: Socket })._parent?.remoteAddress ?? socket.remoteAddress;
}

function contextOf({ certificate, key }: Pair): SecureContextOptions {
  return { ...CONTEXT, cert: certificate, key };
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not trust the certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'it does not trust the certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it does not take the certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'to its clock the certificate is out of date',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it knows no TLS 1.2',
  ERR_SSL_NO_SHARED_CIPHER: 'it knows no cipher of ours',
  ERR_SSL_HTTP_REQUEST: 'it speaks HTTP on the port of HTTPS',
  ECONNRESET: 'it broke off the handshake',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'it did not finish the handshake in time',
};

/** Why no connection came about, in words. */
export function tlsReason(error: unknown): string {
  const code = errnoOf(error) ?? '';
  return REASONS[code] ?? (code || messageOf(error));
}

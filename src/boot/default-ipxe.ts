import { ask, formEnd, queryLine } from './chain.js';

/**
 * `default.ipxe`: what every iPXE is sent to first, by TFTP (FOG's builds) or by the URL in its DHCP answer (spec fos-protocol 1.3, 1.4).
 * One script for all builds: where `params` is missing (stock BIOS iPXE) it falls through to the query dialect.
 */
export function defaultScript(bootUrl: string): string {
  const form = ask('form', bootUrl, {}, 'goto failed').filter(
    (line) => line !== 'params' && line !== 'goto bootme',
  );
  return `${[
    '#!ipxe',
    'set arch ${buildarch}',
    'iseq ${arch} i386 || goto ask',
    'cpuid --ext 29 && set arch x86_64 ||',
    // A build without `cpuid` cannot tell: nearly every PC that still boots is a 64-bit one.
    'cpuid 0 || set arch x86_64',
    ':ask',
    'params || goto query',
    ...form,
    ...formEnd('form', bootUrl, 'goto failed'),
    ':query',
    `${queryLine(bootUrl)} || goto failed`,
    ':failed',
    `echo fogd does not answer at ${bootUrl}`,
    'echo Going on to the next boot device in 10 seconds.',
    'sleep 10',
    'exit 1',
  ].join('\n')}\n`;
}

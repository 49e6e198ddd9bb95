import type { Settings } from '#settings/schema.js';

/** Seconds by which FOG spreads the polls of its clients. */
const SPREAD = 91;

/**
 * The general settings that every client asks for (spec client-protocol 3.4); the call names no host. `random`: two bytes. `maxsize` and
 * `force` are read by no client that is served, and are there because FOG sends them.
 */
export function configuration(
  client: Settings['client'],
  random: Uint8Array,
  banner: { readonly url: string; readonly hash: string } | undefined,
) {
  const spread = 1 + ((((random[0] ?? 0) << 8) | (random[1] ?? 0)) % SPREAD);
  return {
    sleep: client.checkin_seconds + spread,
    maxsize: '204800000',
    promptTime: String(client.prompt_seconds),
    force: false,
    bannerURL: banner?.url ?? '',
    bannerHash: banner?.hash ?? '',
    color: client.color === '' ? '' : `#${client.color}`,
    company: client.company,
  };
}

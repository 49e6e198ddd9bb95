/** What machines notice of fogd while it is busy with something else: the time of HTTP answers and of DHCP exchanges at a steady pace. */
import { command, mustRun } from '../test/lab/process.js';
import { inRepository } from '../test/lab/repository.js';

/** Milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export interface Pace {
  readonly namespace: string;
  /** A second. */
  readonly rate: number;
  readonly seconds: number;
}

/** POSTs the body, or GETs where there is none. */
export async function httpLatency(
  url: string,
  body: string,
  { namespace, rate, seconds }: Pace,
): Promise<Latency> {
  const argv = [process.execPath, inRepository('dist', 'bench', 'latency.js'), url, body];
  const printed = await mustRun([...argv, String(rate), String(seconds)], {
    namespace,
    timeoutMs: (seconds + 60) * 1_000,
  });
  const { p50, p99 } = JSON.parse(printed.trim().split('\n').at(-1) ?? '{}') as Record<string, string>;
  return { p50: Number(p50), p99: Number(p99) };
}

/** DISCOVER to OFFER and REQUEST to ACK, of 50 machines by perfdhcp. */
export async function dhcpLatency({ namespace, rate, seconds }: Pace): Promise<Latency> {
  const load = ['-r', String(rate), '-p', String(seconds), '-R', '50', '-x', 't', '10.77.0.1'];
  // Its timers may be late by a millisecond: it would ask 12,000 times a second whether its next exchange is due, and take a fifth of a core and
  // fogd's place on it. Packets still wake it at once.
  const patient = ['sh', '-c', 'echo 1000000 > /proc/self/timerslack_ns && exec "$@"', 'sh'];
  // It ends with another code than 0 where an exchange was not completed.
  const { stdout } = await command([...patient, 'perfdhcp', '-4', '-l', 'eth0', ...load], {
    namespace,
    timeoutMs: (seconds + 15) * 1_000,
  });
  const times = [...stdout.matchAll(/^sent \/ received: ([\d.]+) \/ ([\d.]+)$/gm)]
    .map(([, sent, received]) => 1_000 * (Number(received) - Number(sent)))
    .sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

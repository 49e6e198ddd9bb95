/** What machines notice of fogd while it is busy with something else: the time of HTTP answers and of DHCP exchanges at a steady pace. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Capture } from '../test/lab/capture.js';
import type { LabNetwork } from '../test/lab/network.js';
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

/**
 * DISCOVER to OFFER and REQUEST to ACK, of 50 machines by perfdhcp: the time of each in milliseconds, the shortest first. By the kernel's times
 * of the packets on the segment: perfdhcp, which here shares the processors with the server, is late with some of them by itself.
 */
export async function dhcpTimes(network: LabNetwork, { namespace, rate, seconds }: Pace): Promise<number[]> {
  const folder = mkdtempSync(join(network.folder, 'dhcp-'));
  const capture = await Capture.start(network, folder, 'udp port 67');
  const load = ['-r', String(rate), '-p', String(seconds), '-R', '50', '10.77.0.1'];
  // Its timers may be late by a millisecond: it would ask 12,000 times a second whether its next exchange is due, and take a fifth of a core and
  // fogd's place on it. Packets still wake it at once.
  const patient = ['sh', '-c', 'echo 1000000 > /proc/self/timerslack_ns && exec "$@"', 'sh'];
  // It ends with another code than 0 where an exchange was not completed.
  await command([...patient, 'perfdhcp', '-4', '-l', 'eth0', ...load], {
    namespace,
    timeoutMs: (seconds + 15) * 1_000,
  });
  return timesOf(await capture.fields('dhcp', ['dhcp.id', 'dhcp.option.dhcp', 'frame.time_epoch']));
}

/** From each question to its answer. */
function timesOf(packets: readonly (readonly string[])[]): number[] {
  const [DISCOVER, OFFER, REQUEST, ACK] = ['1', '2', '3', '5'];
  const asked = new Map<string, number>();
  const times: number[] = [];
  for (const [id, type, at] of packets) {
    if (type === DISCOVER || type === REQUEST) asked.set(`${id} ${type}`, Number(at));
    const question = `${id} ${type === OFFER ? DISCOVER : type === ACK ? REQUEST : ''}`;
    const from = asked.get(question);
    asked.delete(question);
    if (from !== undefined) times.push(1_000 * (Number(at) - from));
  }
  return times.sort((a, b) => a - b);
}

/** Of `dhcpTimes`. */
export async function dhcpLatency(network: LabNetwork, pace: Pace): Promise<Latency> {
  return latencyOf(await dhcpTimes(network, pace));
}

/** Of times in order. */
export function latencyOf(times: readonly number[]): Latency {
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

import { expect } from 'vitest';
import { Program, type Segment } from './segment.js';

/** Records what passes a bridge; `endCapture` ends it. */
export async function startCapture(segment: Segment, bridge: string, file: string): Promise<Program> {
  const capture = segment.start('sw', [
    'tcpdump',
    '-i',
    bridge,
    '-U',
    '-w',
    file,
    '--immediate-mode',
    'udp',
    'or',
    'icmp',
  ]);
  await capture.waitFor('listening on');
  return capture;
}

/**
 * What tshark, as an independent dissector, has to say against packets of a capture: malformed ones and expert notes. Wireshark's
 * "chat" notes are not complaints.
 */
export async function complaints(
  file: string,
  filter: string,
): Promise<{ packets: number; notes: string[] }> {
  const fields = [
    '-T',
    'fields',
    '-e',
    'frame.number',
    '-e',
    '_ws.expert.message',
    '-e',
    '_ws.expert.severity',
    '-e',
    '_ws.malformed',
  ];
  const { output } = await new Program(
    ['tshark', '-n', '-r', file, '-Y', `(${filter}) && dhcp`, ...fields],
    '',
  ).ended;
  const rows = output.split('\n').filter((line) => /^\d+\t/.test(line));
  return { packets: rows.length, notes: rows.filter((row) => row.trim().includes('\t')) };
}

/** Ends a capture that has at least so many packets of the filter by then, or soon (under load tcpdump is some packets behind). */
export async function endCapture(
  capture: Program,
  file: string,
  filter: string,
  least: number,
): Promise<void> {
  await expect
    .poll(async () => (await complaints(file, filter)).packets, { interval: 500 })
    .toBeGreaterThanOrEqual(least);
  await capture.stop();
}

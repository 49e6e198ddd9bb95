import { writeFileSync } from 'node:fs';
import { udhcpcOnce } from '../../lab/foreign-programs.js';
import type { Segment } from './segment.js';

/** Runs BusyBox udhcpc once on a host; gives what its script was told, as lines of an environment after `event=bound`. */
export async function udhcpcTold(segment: Segment, role: string, ...args: string[]): Promise<string> {
  const script = segment.file('udhcpc.script');
  writeFileSync(script, '#!/bin/sh\n[ "$1" = deconfig ] || { echo "event=$1"; env; }\n', { mode: 0o755 });
  return (await segment.run(role, udhcpcOnce(script, ...args))).output;
}

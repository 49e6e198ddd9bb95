import { type HeldPort, heldPorts, portPlan } from '#ports/plan.js';
import { type Check, type Finding, fail, ok } from '../finding.js';
import type { World } from '../world.js';

/** Every port of the plan: held by whom it should be while fogd runs, free while it does not. */
export const ports: Check = async (world) => {
  const wanted = heldPorts(portPlan(world.settings));
  const listening = { udp: await world.listening('udp'), tcp: await world.listening('tcp') };
  const found: Finding[] = [];
  const good: HeldPort[] = [];
  const missing: HeldPort[] = [];
  for (const port of wanted) {
    if (!listening[port.protocol].has(port.port)) {
      (world.running ? missing : good).push(port);
      continue;
    }
    const holder = await holderOf(world, port, found.length);
    if (isRight(world, port, holder)) good.push(port);
    else
      found.push(
        fail(
          `${port.port}/${port.protocol} is held by ${holder}`,
          'stop it, or change the port in the settings',
        ),
      );
  }
  if (missing.length > 0)
    found.push(
      fail(`nobody listens on ${ranges(missing)}`, 'see "services" here for the reason; else restart fogd'),
    );
  if (good.length > 0) found.push(ok(`${world.running ? 'held' : 'free'}: ${ranges(good)}`));
  return found;
};

/** To name the holder, all processes are looked through; a whole range that is taken has one. */
async function holderOf(world: World, { port, protocol }: HeldPort, found: number): Promise<string> {
  return found > 5 ? 'another program' : ((await world.holder(port, protocol)) ?? 'another program');
}

function isRight({ running }: World, { holder }: HeldPort, by: string): boolean {
  // Any port mapper will do, also before the start.
  if (holder === 'rpcbind') return /^(rpcbind|systemd) /.test(by) || by === 'a program of another user';
  // An NFS server that went on without fogd is adopted by the next one.
  if (holder === 'ganesha.nfsd') return by.startsWith('ganesha.nfsd ') || by === 'a program of another user';
  return running !== undefined && by.endsWith(` (pid ${running.pid})`);
}

/** `67/udp, 61000-61099/udp`. */
function ranges(list: readonly HeldPort[]): string {
  const sorted = [...list].sort((a, b) => a.protocol.localeCompare(b.protocol) || a.port - b.port);
  const runs: Array<{ protocol: string; first: number; last: number }> = [];
  for (const { protocol, port } of sorted) {
    const run = runs.at(-1);
    if (run && run.protocol === protocol && run.last + 1 >= port) run.last = port;
    else runs.push({ protocol, first: port, last: port });
  }
  return runs
    .map(({ protocol, first, last }) => `${first === last ? first : `${first}-${last}`}/${protocol}`)
    .join(', ');
}

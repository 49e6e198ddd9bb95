import type { Command } from 'commander';
import type { BootStory } from '#trace/story.js';
import { callApi } from './client.js';
import { jsonOption, stateOption } from './options.js';
import { plain } from './tables.js';

interface TraceOptions {
  readonly state: string;
  readonly json?: true;
  readonly all?: true;
}

export function addTrace(program: Command): void {
  program
    .command('trace')
    .argument('<machine>', 'MAC address, or name of a host')
    .description('the boot story of one machine: each step with its time, and where it stopped and why')
    .option('--all', 'all boots that are kept, not just the last three')
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  fogd trace 00:11:22:33:44:55')
    .action(async (machine: string, { state, json, all }: TraceOptions) => {
      const answer = await callApi<{ mac: string; story: BootStory }>(
        state,
        'GET',
        `/trace/${encodeURIComponent(machine)}`,
      );
      process.stdout.write(
        json ? `${JSON.stringify(answer, null, 2)}\n` : storyText(answer.mac, answer.story, all === true),
      );
    });
}

/** The story as text: a block per boot. */
export function storyText(mac: string, { boots }: BootStory, all: boolean): string {
  if (boots.length === 0) return `Nothing was heard of ${mac}: no packet of it reached this server.\n`;
  const shown = all ? boots : boots.slice(-3);
  const hidden = boots.length - shown.length;
  const head =
    hidden > 0 ? `${mac}: ${boots.length} boots, the last ${shown.length} (--all shows all)\n` : `${mac}\n`;
  return shown.reduce((text, { startedAt, steps, verdict }) => {
    const lines = steps.map(({ offset, text: step, outcome }) => {
      const mark = outcome === 'refused' || outcome === 'failed' ? '!' : ' ';
      return `  ${(offset / 1000).toFixed(1).padStart(7)} s ${mark} ${plain(step)}`;
    });
    return `${text}\nBoot of ${new Date(startedAt).toISOString()}\n${lines.join('\n')}\n  => ${plain(verdict)}\n`;
  }, head);
}

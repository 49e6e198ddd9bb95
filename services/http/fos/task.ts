import { checkIn } from '#actions/check-in.js';
import { completeTask } from '#actions/complete-task.js';
import type { Context } from '#actions/context.js';
import { failTask, requeueTask } from '#actions/report-failure.js';
import { reportProgress } from '#actions/report-progress.js';
import { primaryMac } from '#domain/host.js';
import { clean } from '#domain/inventory.js';
import { taskType } from '#domain/task-type.js';
import { type Answer, type Call, DONE, type Endpoints } from './endpoint.js';
import { decodeBase64 } from './value.js';

const GO = '##@GO';

/** Progress goes into the story no oftener than this for a task, so that it tells the way and not each step. */
const STORY_EVERY_MS = 10_000;
const MAX_TOLD = 10_000;

/** A task from its check-in to its end (spec fos-protocol 3.3, 3.5 to 3.8). */
export function taskEndpoints({ post }: Endpoints, context: Context): void {
  const toldPlaces = new Map<number, number>();
  const checkInCall = async ({ fields, address, macs, caller }: Call): Promise<Answer> => {
    const result = await checkIn(context, { ...caller, type: fields.get('type'), address });
    switch (result.kind) {
      case 'refused':
        return { body: result.reason, event: 'check-in', outcome: 'refused', reasons: [result.reason] };
      case 'wait': {
        // Asked every 5 s: the story is told when the place changes.
        const isTold = toldPlaces.get(result.task.id) === result.before;
        toldPlaces.set(result.task.id, result.before);
        return {
          body: result.text,
          event: 'queued',
          outcome: 'answered',
          ...(isTold ? { silent: true as const } : {}),
          mac: primaryMac(result.host),
          facts: { task: result.task.id, before: result.before, text: result.text },
        };
      }
      case 'go': {
        const { host, task, image, again } = result;
        toldPlaces.delete(task.id);
        const type = taskType(task.typeId)?.imaging;
        return {
          body: GO,
          event: type === undefined ? 'check-in' : 'imaging-started',
          outcome: 'answered',
          mac: macs[0] ?? primaryMac(host),
          reasons: again ? ['it began again'] : [],
          facts: {
            host: host.name,
            task: task.id,
            ...(type === undefined ? {} : { kind: type }),
            ...(image ? { image: image.name, generation: image.generation } : {}),
          },
        };
      }
    }
  };
  // The same for FOS; nothing here is multicast yet (spec 3.5).
  for (const name of ['Pre_Stage1.php', 'mc_checkin.php']) post(name, checkInCall);

  const toldAt = new Map<number | string, number>();
  post('progress.php', async ({ token, caller, fields }) => {
    const report = await reportProgress(context, caller, decodeBase64(fields.get('status') ?? ''));
    if (!report?.progress) return { body: '', event: 'progress', outcome: 'answered', silent: true };
    const { task, image, progress } = report;
    const key = task?.id ?? token ?? '';
    const isDue = progress.at - (toldAt.get(key) ?? 0) >= STORY_EVERY_MS;
    if (!isDue) return { body: '', event: 'progress', outcome: 'answered', silent: true };
    if (toldAt.size >= MAX_TOLD) toldAt.clear();
    toldAt.set(key, progress.at);
    const { percent, rate, copied, total } = progress;
    return {
      body: '',
      event: 'progress',
      outcome: 'answered',
      facts: {
        percent,
        rate,
        copied,
        total,
        ...(task ? { task: task.id } : {}),
        ...(image ? { image: image.name } : {}),
      },
    };
  });

  post('blame.php', async ({ caller }) => {
    const task = await requeueTask(context, caller);
    return {
      body: DONE,
      event: 'client-error',
      outcome: 'answered',
      reasons: ['the machine could not use the share: is 2049/tcp, 20048/tcp and 111/tcp open to it?'],
      ...(task ? { facts: { task: task.id } } : {}),
    };
  });

  const completion = async ({ caller, fields }: Call, type: string | undefined): Promise<Answer> => {
    const result = await completeTask(context, caller, type ?? fields.get('type'));
    switch (result.kind) {
      case 'refused':
        return { body: result.reason, event: 'complete', outcome: 'refused', reasons: [result.reason] };
      case 'damaged':
        return {
          body: result.reason,
          event: 'capture-refused',
          outcome: 'refused',
          reasons: [result.reason],
        };
      case 'repeated':
        return {
          body: DONE,
          event: 'complete',
          outcome: 'answered',
          reasons: ['the same call once more; nothing changed'],
        };
      case 'done': {
        const { host, task, image, milliseconds, warnings } = result;
        toldAt.delete(task.id);
        const kind = taskType(task.typeId)?.imaging;
        const events = { capture: 'capture-published', deploy: 'deployed' } as const;
        const bytes = result.bytes ?? image?.clientBytes;
        return {
          body: DONE,
          event: kind === undefined ? 'complete' : events[kind],
          outcome: 'answered',
          reasons: warnings,
          mac: primaryMac(host),
          facts: {
            host: host.name,
            task: task.id,
            milliseconds,
            ...(image ? { image: image.name } : {}),
            ...(image && kind === 'capture' ? { generation: image.generation + 1 } : {}),
            ...(bytes === undefined ? {} : { bytes }),
            ...(result.files === undefined ? {} : { files: result.files }),
          },
        };
      }
    }
  };
  post('Post_Stage2.php', (call) => completion(call, 'up'));
  post('Post_Stage3.php', (call) => completion(call, 'down'));
  post('Post_Wipe.php', (call) => completion(call, undefined));

  post('taskerror.php', async ({ caller, fields }) => {
    // The first builds of FOS that report at all call it `error`.
    const text = clean(fields.get('text') ?? fields.get('error') ?? '', 2000);
    const kind = fields.get('type') === 'warning' ? 'warning' : 'error';
    const failed = kind === 'error' ? await failTask(context, caller, text) : undefined;
    return {
      body: DONE,
      event: `client-${kind}`,
      outcome: 'answered',
      reasons: [text],
      facts: {
        program: clean(fields.get('script') ?? '', 40),
        ...(failed ? { task: failed.id } : {}),
      },
    };
  });
}

import { describe, expect, it } from 'vitest';
import type { Decision, TraceRecord } from '#trace/decision.js';
import { bootStory } from '#trace/story.js';

const mac = '52:54:00:00:00:01';
type Step = readonly [
  seconds: number,
  event: string,
  facts?: Decision['facts'],
  more?: Partial<Omit<TraceRecord, 'at' | 'last' | 'facts'>>,
];

const record = ([seconds, event, facts, more]: Step): TraceRecord => ({
  service: 'fos',
  event,
  outcome: 'answered',
  who: { mac },
  reasons: [],
  at: seconds * 1000,
  last: seconds * 1000,
  count: 1,
  ...(facts ? { facts } : {}),
  ...more,
});
/** The story as it is told `silence` seconds after the last step. */
const story = (silence: number, ...steps: Step[]) =>
  bootStory(steps.map(record), ((steps.at(-1)?.[0] ?? 0) + silence) * 1000).boots;
const verdict = (silence: number, ...steps: Step[]) => story(silence, ...steps).at(-1)?.verdict;

const bios = { service: 'dhcp', who: { mac, arch: 'BIOS' } } as const;
const offer = (seconds: number): Step => [seconds, 'offer', { address: '10.0.0.5' }, bios];
const opened: Step = [10, 'session-opened', { session: 7, kind: 'deploy' }];
const began: Step = [12, 'imaging-started', { kind: 'deploy', image: 'base', task: 3, generation: 2 }];
const at = (seconds: number, percent: number): Step => [
  seconds,
  'progress',
  { percent, rate: '5.32GB', copied: '3.0 GiB', total: '6.3 GiB', image: 'base', task: 3 },
];

describe('the story of a deploy', () => {
  const whole = story(
    1000,
    offer(0),
    [5, 'script-served', { script: 'task' }, { service: 'http' }],
    opened,
    [11, 'queued', { before: 2, text: 'x' }],
    [16, 'queued', { before: 2, text: 'x' }],
    [21, 'queued', { before: 1, text: 'x' }],
    [26, 'imaging-started', { kind: 'deploy', image: 'base', task: 3 }],
    at(36, 20),
    at(46, 60),
    at(56, 98.5),
    at(66, 4),
    [76, 'deployed', { image: 'base', bytes: 5_000_000_000, milliseconds: 50_000, task: 3 }],
  );

  it('tells the wait as one step, each partition as one step, and the rate of the whole', () => {
    expect(whole).toHaveLength(1);
    expect(whole[0]?.steps.slice(2).map(({ offset, text }) => `${offset / 1000} ${text}`)).toEqual([
      '10 runs the imaging environment and has a network; may read its image',
      '11 waits for a free slot, 1 before it, for 10 s',
      '26 began deploying the image base',
      '36 copied 20 % to 98.5 % of a partition (3.0 GiB of 6.3 GiB, 5.32GB/min)',
      '66 copied 4 % of a partition (3.0 GiB of 6.3 GiB, 5.32GB/min)',
      '76 wrote the image base to its disk: 5000.0 MB in 50.0 s (100.0 MB/s)',
    ]);
  });

  it('ends with what was written', () => {
    expect(whole[0]?.verdict).toBe(
      'done: wrote the image base to its disk: 5000.0 MB in 50.0 s (100.0 MB/s)',
    );
  });

  it('is told without a rate where size or time are not known', () => {
    expect(verdict(0, began, [20, 'deployed', { image: 'base', bytes: 500, milliseconds: 0 }])).toBe(
      'done: wrote the image base to its disk: 500 bytes',
    );
  });
});

describe('the story of a capture', () => {
  const capture: Step = [12, 'imaging-started', { kind: 'capture', image: 'base', task: 4 }];

  it('ends with what was published, also when the completion was asked for once more', () => {
    const facts = { image: 'base', generation: 2, files: 6, bytes: 20_000_000, milliseconds: 4_000 };
    const again: Step = [31, 'complete', {}, { reasons: ['the same call once more; nothing changed'] }];
    expect(verdict(500, capture, [30, 'capture-published', facts], again)).toBe(
      'done: captured the image base, generation 2, 6 files: 20.0 MB in 4.0 s (5.0 MB/s)',
    );
  });

  it('that is refused names the first reason, not what the machine says afterwards', () => {
    expect(
      verdict(
        500,
        capture,
        [30, 'capture-refused', {}, { outcome: 'refused', reasons: ['d1p1.img is missing'] }],
        [31, 'complete', {}, { outcome: 'refused', reasons: ['task 4 is over'] }],
        [40, 'client-error', {}, { reasons: ['could not complete'] }],
      ),
    ).toBe('stopped: delivered a capture that is not published: d1p1.img is missing');
  });
});

describe('the verdict of imaging', () => {
  it.each<[string, string | undefined, RegExp | string]>([
    [
      'waits for a slot',
      verdict(5, opened, [11, 'queued', { before: 3 }]),
      'under way: waits for a free slot, 3 before it',
    ],
    [
      'left the queue',
      verdict(91, opened, [11, 'queued', { before: 3 }]),
      /^stopped after: waits for a free slot, 3 before it\. It asks every few seconds/,
    ],
    [
      'is at work',
      verdict(89, began, at(30, 43)),
      'under way: deploying the image base, at 43 % of a partition',
    ],
    [
      'was cancelled: what it says afterwards is a consequence, and its hardware was taken for the end',
      verdict(
        5,
        began,
        [13, 'inventory', { host: 'pc' }],
        at(30, 43),
        [31, 'task-cancelled', { task: 3, type: 'Deploy', actor: 'cli' }, { service: 'fogd' }],
        [36, 'client-error', undefined, { reasons: ['Image failed to restore'] }],
      ),
      'stopped: its task 3 (Deploy) was cancelled by cli',
    ],
    [
      'fell silent in the middle',
      verdict(91, began, at(30, 43)),
      /^stopped in the middle of deploying the image base, at 43 % of a partition: silent for 91 s/,
    ],
    [
      'has reported nothing yet, which resizing explains',
      verdict(200, began),
      /^silent for 200 s since it began deploying the image base: it may check or resize/,
    ],
    [
      'was given up by fogd',
      verdict(9, began, at(30, 43), [
        640,
        'task-failed',
        { task: 3 },
        { service: 'fogd', outcome: 'failed', reasons: ['not heard of for 600 s'] },
      ]),
      'stopped: lost its task: not heard of for 600 s',
    ],
    [
      'reported an error in the middle',
      verdict(9, began, at(30, 43), [
        31,
        'client-error',
        { program: 'fog.download' },
        { reasons: ['disk too small'] },
      ]),
      'stopped: reported an error: disk too small',
    ],
    [
      'began again after an error',
      verdict(9, began, [31, 'client-error', {}, { reasons: ['disk too small'] }], [
        60,
        ...began.slice(1),
      ] as unknown as Step),
      'under way: deploying the image base',
    ],
    [
      'could not use its share',
      verdict(9, [10, 'session-opened', { kind: 'deploy' }, { outcome: 'failed', reasons: ['no NFS'] }]),
      'stopped: runs the imaging environment and has a network, but its share could not be opened: no NFS',
    ],
    [
      'came with an old boot script',
      verdict(9, [
        10,
        'session-refused',
        {},
        { outcome: 'refused', reasons: ['this boot session has ended'] },
      ]),
      'stopped: runs the imaging environment with a boot script that is out of date: this boot session has ended',
    ],
    [
      'mounts and never checks in',
      verdict(91, opened),
      /^stopped after: runs the imaging environment.*111\/tcp, 2049\/tcp, 20048\/tcp/,
    ],
  ])('of a machine that %s', (_, told, expected) => {
    if (typeof expected === 'string') expect(told).toBe(expected);
    else expect(told).toMatch(expected);
  });
});

describe('boots around imaging', () => {
  it('are not split by minutes of silence while a file system is resized, nor by a renewed address', () => {
    const renewal: Step = [700, 'ack', { address: '10.0.0.5' }, { service: 'dhcp' }];
    const boots = story(1, offer(0), opened, began, at(400, 10), renewal, [
      900,
      'deployed',
      { image: 'base' },
    ]);
    expect(boots).toHaveLength(1);
  });

  it('end with the imaging: the address that the installed system takes later is another boot', () => {
    const address: Step = [400, 'ack', { address: '10.0.0.5' }, { service: 'dhcp' }];
    expect(story(1, began, [30, 'deployed', { image: 'base' }], address)).toHaveLength(2);
  });

  it('are split by the next boot loader even where another server gives the addresses', () => {
    const loads: Step = [60, 'file-sent', { file: 'ipxe.efi' }, { service: 'tftp' }];
    const script: Step = [61, 'script-served', { script: 'menu-registered' }, { service: 'http' }];
    const boots = story(1, opened, began, [30, 'deployed', { image: 'base' }], loads, script);
    expect(boots.map(({ steps }) => steps.length)).toEqual([3, 2]);
  });
});

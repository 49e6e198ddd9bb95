import { describe, expect, it } from 'vitest';
import type { Decision, TraceRecord } from '#trace/decision.js';
import { bootStory } from '#trace/story.js';

const who = { mac: '52:54:00:00:00:01', arch: 'BIOS' };
const LATER = 10_000_000;

/** Records a second apart, from `[event, facts, more]`. */
function records(...steps: Array<[string, Decision['facts']?, Partial<TraceRecord>?]>): TraceRecord[] {
  return steps.map(([event, facts, more], index) => {
    const service = /offer|ack|nak|address/.test(event)
      ? 'dhcp'
      : /file/.test(event)
        ? 'tftp'
        : /script/.test(event)
          ? 'http'
          : 'fos';
    const at = index * 1000;
    return {
      service,
      event,
      outcome: 'answered',
      who: service === 'dhcp' ? who : { mac: who.mac },
      reasons: [],
      at,
      last: at,
      count: 1,
      ...(facts ? { facts } : {}),
      ...more,
    };
  });
}

const lastVerdict = (...steps: Parameters<typeof records>) =>
  bootStory(records(...steps), LATER).boots.at(-1)?.verdict;

describe('boot story', () => {
  it('tells each step in words, with the time since power-on', () => {
    const story = bootStory(
      records(
        ['offer', { address: '10.0.0.5', file: 'undionly.kpxe' }],
        ['ack', { address: '10.0.0.5', file: 'undionly.kpxe' }],
        ['file-sent', { file: 'undionly.kpxe', bytes: 74_000, milliseconds: 300 }],
        ['script-served', { script: 'menu-unregistered' }],
        ['fos-started'],
        ['registered', { host: 'pc1' }],
        ['inventory', { host: 'pc1' }],
      ),
      LATER,
    );
    expect(story.boots).toHaveLength(1);
    expect(story.boots[0]?.steps.map(({ offset, text }) => `${offset / 1000} ${text}`)).toEqual([
      '0 asked for an address as BIOS; offered 10.0.0.5, boot file undionly.kpxe',
      '1 took the address 10.0.0.5, boot file undionly.kpxe',
      '2 loaded undionly.kpxe: 74 kB in 0.3 s by TFTP',
      '3 was sent the menu for unknown machines',
      '4 runs the imaging environment and has a network',
      '5 registered as host pc1',
      '6 reported its hardware (host pc1)',
    ]);
    expect(story.boots[0]?.verdict).toBe('done: registered, with its hardware');
  });

  it('of a machine that waits for approval did not stop (its hardware report seemed to fail)', () => {
    const pending = { reasons: ['host pc1 waits for approval'] };
    const steps = records(
      ['fos-started'],
      ['registered', { host: 'pc1' }],
      ['inventory-dropped', { host: 'pc1' }, pending],
    );
    const [boot] = bootStory(steps, LATER).boots;
    expect(boot?.verdict).toBe('done: registered, and waits for approval');
    expect(boot?.steps.at(-1)?.text).toBe(
      'reported its hardware, which is not kept: host pc1 waits for approval',
    );
  });

  it('is one boot from firmware to iPXE to Linux, and a new one after the next power-on', () => {
    const story = bootStory(
      records(
        ['ack', { address: '10.0.0.5' }],
        ['file-sent', { file: 'undionly.kpxe' }],
        ['ack', { address: '10.0.0.5' }],
        ['script-served', { script: 'menu-unregistered' }],
        ['ack', { address: '10.0.0.6' }, { who: { mac: who.mac } }],
        ['fos-started'],
        ['offer', { address: '10.0.0.5' }],
        ['ack', { address: '10.0.0.5' }],
      ),
      LATER,
    );
    expect(story.boots.map(({ steps }) => steps.length)).toEqual([6, 2]);
  });

  it('does not take HTTP boot, which firmware tries on its way to the disk, for a boot of its own that failed', () => {
    const http = { who: { mac: who.mac, arch: 'UEFI x64 HTTP boot' } };
    const { boots } = bootStory(
      records(['script-served', { script: 'menu-registered' }], ['offer', { address: '10.0.0.5' }, http]),
      LATER,
    );
    expect(boots).toHaveLength(1);
    expect(boots[0]?.steps[1]?.text).toContain('HTTP boot');
    expect(boots[0]?.verdict).toMatch(/^done for fogd/);
  });

  it('takes a boot by HTTP that is served for the boot that it is', () => {
    const http = { who: { mac: who.mac, arch: 'UEFI x64 HTTP boot' } };
    const url = 'http://10.0.0.1/fog/service/ipxe/snponly.efi';
    const { boots } = bootStory(
      records(
        ['script-served', { script: 'menu-registered' }],
        ['offer', { address: '10.0.0.5', file: url }, http],
      ),
      LATER,
    );
    expect(boots).toHaveLength(2);
  });

  it('beside another DHCP server shows no fault where there is none', () => {
    const ignored = { service: 'dhcp', outcome: 'ignored', who: { mac: who.mac } } as const;
    const { boots } = bootStory(
      records(
        ['script-served', { script: 'menu-unregistered' }],
        ['discover', {}, { ...ignored, reasons: ['not a network-boot client: vendor class "udhcp 1.35.0"'] }],
        [
          'address-taken',
          { address: '10.0.0.5', server: '10.0.0.2' },
          { ...ignored, reasons: ['the DHCP server answers it'] },
        ],
        ['fos-started'],
      ),
      LATER,
    );
    expect(boots[0]?.steps.slice(1, 3).map(({ text }) => text)).toEqual([
      'asked the other DHCP server for an address, from the system that it runs by now',
      'took the address 10.0.0.5 from the DHCP server 10.0.0.2',
    ]);
  });

  it('takes a long silence for a new power-on', () => {
    const late = { at: 500_000, last: 500_000 };
    expect(bootStory(records(['offer'], ['offer', {}, late]), LATER).boots).toHaveLength(2);
  });

  it.each<[string, ReturnType<typeof lastVerdict>, RegExp]>([
    [
      'an offer that was not taken',
      lastVerdict(['offer', { address: '10.0.0.5' }]),
      /^stopped after: asked for an address.* It did not take the offer/,
    ],
    [
      'an address and nothing more',
      lastVerdict(['ack', { address: '10.0.0.5' }]),
      /TFTP \(69\/udp\) or HTTP does not reach this server/,
    ],
    [
      'a missing file',
      lastVerdict(
        ['ack'],
        ['file-refused', { file: 'x.efi' }, { outcome: 'refused', reasons: ['x.efi is missing'] }],
      ),
      /^stopped: asked for the file x\.efi by TFTP and was not given it: x\.efi is missing$/,
    ],
    [
      'a missing file that is like another',
      lastVerdict(
        ['ack'],
        [
          'file-refused',
          { file: 'x.eif', nearest: 'x.efi' },
          {
            outcome: 'refused',
            reasons: ['x.eif is not among the boot files', 'the nearest name is x.efi'],
          },
        ],
      ),
      /x\.eif by TFTP and was not given it: x\.eif is not among the boot files; the nearest name is x\.efi$/,
    ],
    [
      'a stall at block 1',
      lastVerdict(
        ['ack'],
        [
          'file-stalled',
          { file: 'x.efi', bytes: 0 },
          {
            outcome: 'failed',
            reasons: ["the client's ACKs do not reach ports 1-4: firewall or missing TFTP helper"],
          },
        ],
      ),
      /did not get it all: the client's ACKs do not reach ports 1-4: firewall or missing TFTP helper$/,
    ],
    [
      'an error of the imaging environment',
      lastVerdict(['fos-started'], ['client-error', {}, { reasons: ['no disk found'] }]),
      /^stopped: reported an error: no disk found$/,
    ],
    [
      'the menu',
      lastVerdict(['script-served', { script: 'menu-registered' }]),
      /^done for fogd: it has its menu/,
    ],
    [
      'a completed task',
      lastVerdict(['script-served', { script: 'task' }], ['check-in'], ['complete']),
      /^done: the task is complete$/,
    ],
  ])('says where it stopped and why: %s', (_, verdict, expected) => {
    expect(verdict).toMatch(expected);
  });

  it('does not call a machine lost while the next step may still come', () => {
    expect(bootStory(records(['offer']), 1_000).boots[0]?.verdict).toBe('under way');
  });

  it('of nothing is empty', () => {
    expect(bootStory([], LATER).boots).toEqual([]);
  });
});

describe('a FOG Client', () => {
  const client = { service: 'client' } as const;

  it('that calls after a boot ends its story, however much later, and begins none', () => {
    const story = bootStory(
      records(
        ['offer', { address: '10.0.0.5', file: 'undionly.kpxe' }],
        ['file-sent', { file: 'undionly.kpxe', bytes: 74_000 }],
        ['script-served', { script: 'disk' }],
        ['client-authorised', {}, { ...client, at: 600_000, last: 600_000 }],
        ['client-told', { modules: 'taskreboot' }, { ...client, at: 1_600_000, last: 1_600_000 }],
      ),
      LATER,
    );
    expect(story.boots).toHaveLength(1);
    expect(story.boots[0]?.verdict).toBe('done: its system runs, and its FOG Client calls');
    expect(story.boots[0]?.steps.at(-1)?.text).toBe('its FOG Client was told something new (taskreboot)');
  });

  it('of a machine that was never seen to boot has a story of its own', () => {
    const refused = { ...client, outcome: 'refused', reasons: ['it is no host'] } as const;
    expect(lastVerdict(['client-refused', {}, refused])).toBe(
      'its system runs: its FOG Client wants to be trusted: it is no host',
    );
  });
});

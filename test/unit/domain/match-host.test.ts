import { describe, expect, it } from 'vitest';
import type { Host, HostMac } from '#domain/host.js';
import { matchHost } from '#domain/match-host.js';

const mac = (text: string, extra: Partial<HostMac> = {}): HostMac => ({
  mac: text,
  primary: false,
  pending: false,
  imageIgnore: false,
  clientIgnore: false,
  ...extra,
});
const host = (name: string, ...macs: HostMac[]) => ({ id: name.length, name, macs }) as unknown as Host;

const [A, B, C] = ['00:00:00:00:00:0a', '00:00:00:00:00:0b', '00:00:00:00:00:0c'] as const;

describe('which host a machine is (data-model 5.1)', () => {
  it('is the one that owns any of its MACs', () => {
    const pc = host('pc', mac(A, { primary: true }), mac(B));
    expect(matchHost([pc], [C, B])).toEqual({ kind: 'one', host: pc });
  });

  it('is none by a pending or an ignored MAC', () => {
    const pc = host('pc', mac(A, { primary: true, imageIgnore: true }), mac(B, { pending: true }));
    expect(matchHost([pc], [A, B])).toEqual({ kind: 'none' });
  });

  it('is the one whose primary MAC it has, when two share it', () => {
    const one = host('one', mac(A, { primary: true }));
    const two = host('two', mac(B), mac(C, { primary: true }));
    expect(matchHost([two, one], [A, B])).toEqual({ kind: 'one', host: one });
  });

  it('bug: a host that waits for approval came between a machine and its own host', () => {
    const own = host('own', mac(A, { primary: true }));
    const waiting = { ...host('waiting', mac(B, { primary: true })), pending: true };
    expect(matchHost([waiting, own], [B, A])).toEqual({ kind: 'one', host: own });
    expect(matchHost([waiting], [B, A])).toEqual({ kind: 'one', host: waiting });
  });

  it('is nobody when the primary MACs disagree', () => {
    const one = host('one', mac(A, { primary: true }));
    const two = host('two', mac(B, { primary: true }));
    expect(matchHost([one, two], [A, B])).toEqual({ kind: 'ambiguous', hosts: [one, two] });
  });
});

import { describe, expect, it } from 'vitest';
import { type Sent, sentRecord } from '#services/tftp/records.js';
import type { TransferResult } from '#services/tftp/transfer.js';

const result = (more: Partial<TransferResult>): TransferResult => ({
  ending: 'complete',
  bytes: 74213,
  ms: 31,
  retransmissions: 0,
  unanswered: false,
  askedAgain: 0,
  reason: '',
  ...more,
});

const record = (more: Partial<TransferResult>, sent: Partial<Sent> = {}) =>
  sentRecord({
    ip: '10.0.0.9',
    file: 'undionly.kpxe',
    plan: { size: 74213, blockSize: 1428, windowSize: 1, granted: [{ name: 'tsize', value: '74213' }] },
    result: result(more),
    ports: '50000-50099',
    sendError: undefined,
    ...sent,
  });

describe('sentRecord', () => {
  it('tells a file that arrived', () => {
    expect(record({})).toEqual({
      service: 'tftp',
      event: 'file-sent',
      outcome: 'answered',
      who: { ip: '10.0.0.9' },
      reasons: [],
      facts: {
        file: 'undionly.kpxe',
        size: 74213,
        bytes: 74213,
        ms: 31,
        retransmissions: 0,
        blksize: 1428,
        outcome: 'complete',
        options: 'tsize=74213',
      },
    });
  });

  it('calls the size question of UEFI firmware by its name', () => {
    const size = record({
      ending: 'aborted-at-options',
      bytes: 0,
      reason: 'error 8: User aborted the transfer',
    });
    expect(size).toMatchObject({ event: 'file-size-asked', outcome: 'answered', reasons: [] });
    expect(size.facts?.outcome).toBe('aborted-by-client');
  });

  it('names the firewall when nothing ever came back', () => {
    expect(record({ ending: 'stalled', bytes: 0, unanswered: true, askedAgain: 2 })).toMatchObject({
      event: 'file-stalled',
      outcome: 'failed',
      reasons: [
        "the client's ACKs do not reach ports 50000-50099: firewall or missing TFTP helper",
        'the client repeated its request 2 times',
      ],
    });
  });

  it('names a single port, and what the kernel said', () => {
    const stalled = record(
      { ending: 'stalled', unanswered: true },
      { ports: '69', sendError: 'send EPERM 10.0.0.9:2070' },
    );
    expect(stalled.reasons).toEqual([
      'this server could not send: send EPERM 10.0.0.9:2070',
      "the client's ACKs do not reach port 69: firewall or missing TFTP helper",
    ]);
  });

  it('says where a client fell silent', () => {
    expect(record({ ending: 'stalled', bytes: 14280 }).reasons).toEqual([
      'the client fell silent at block 11, after 14280 of 74213 bytes',
    ]);
  });

  it('tells what the client said when it gave up', () => {
    const aborted = record({ ending: 'aborted-by-client', bytes: 1428, reason: 'error 3: disk\nfull' });
    expect(aborted).toMatchObject({ event: 'file-sent', outcome: 'answered' });
    expect(aborted.reasons).toEqual(['the client ended the transfer with error 3: disk?full']);
  });

  it.each([
    ['unconfirmed', 'file-sent', 'answered', 'complete-unconfirmed'],
    ['restarted-by-client', 'file-sent', 'answered', 'restarted-by-client'],
    ['source-failed', 'file-stalled', 'failed', 'source-failed'],
    ['stopped', 'file-stalled', 'failed', 'stopped'],
  ] as const)('has an event and a reason for %s', (ending, event, outcome, word) => {
    const told = record({ ending, reason: 'why' });
    expect(told).toMatchObject({ event, outcome });
    expect(told.facts?.outcome).toBe(word);
    expect(told.reasons).toHaveLength(1);
  });
});

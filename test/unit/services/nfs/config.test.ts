import { describe, expect, it } from 'vitest';
import { busConfig, shownExports } from '#services/nfs/bus.js';
import { exportBlock, exportConfig, ganeshaConfig } from '#services/nfs/config.js';
import { parseNote, statFacts } from '#services/nfs/ownership.js';
import { missingRights } from '#services/nfs/privileges.js';
import { callMessage, recordOf, replyResults, uint32 } from '#services/nfs/rpc.js';
import { expectGolden } from '../../golden.js';

const deploy = {
  id: 12,
  folder: '/srv/images/.fogd/sessions/12',
  pseudo: '/t/12',
  access: 'RO',
  client: '10.0.0.7',
} as const;
const capture = {
  id: 3,
  folder: '/srv/images/.fogd/sessions/3',
  pseudo: '/t/dev/3',
  access: 'RW',
  client: '10.0.0.8',
} as const;

const open = [
  { id: 65_001, folder: '/srv/images', pseudo: '/images', access: 'RO', client: null },
  { id: 65_002, folder: '/srv/images/dev', pseudo: '/images/dev', access: 'RW', client: null },
] as const;

describe('ganesha.conf', () => {
  it.each([
    ['empty', []],
    ['two-sessions', [deploy, capture]],
    ['open-exports', open],
  ])('%s is as its golden', (name, exports) => {
    const squash = { uid: 65_534, gid: 65_534 };
    const config = {
      port: 2049,
      mountPort: 20_048,
      squash,
      recoveryFolder: '/var/lib/fogd/nfs/recovery',
      exports,
    };
    expectGolden(`test/fixtures/ganesha/${name}.conf`, ganeshaConfig(config));
  });

  it.each([
    [undefined, false],
    [4, false],
    [6, true],
  ])('of version %s says that the hint to the kernel may fail: %s', (major, says) => {
    const squash = { uid: 65_534, gid: 65_534 };
    const text = ganeshaConfig({
      port: 2049,
      mountPort: 20_048,
      squash,
      recoveryFolder: '/r',
      exports: [],
      major,
    });
    expect(text.includes('Allow_Set_Io_Flusher_Fail = true;')).toBe(says);
  });

  it('has one export alone for a server that runs, with the same defaults', () => {
    expectGolden(
      'test/fixtures/ganesha/one-export.conf',
      exportConfig({ uid: 65_534, gid: 65_534 }, capture),
    );
  });

  it.each([
    ['a quote', { folder: '/srv/a"; Access_Type = RW; #' }],
    ['a line feed', { folder: '/srv/a\nb' }],
    ['a way up', { folder: '/srv/../etc' }],
    ['a relative folder', { folder: 'srv' }],
    ['a blank', { pseudo: '/t/1 2' }],
    ['a net', { client: '10.0.0.0/8' }],
    ['a name', { client: 'pc.example' }],
    ['everybody', { client: '*' }],
    ['number 0', { id: 0 }],
    ['number 65536', { id: 65_536 }],
    ['another access', { access: 'RW; Squash = None' as 'RW' }],
  ])('refuses an export with %s', (_, wrong) => {
    expect(() => exportBlock({ ...deploy, ...wrong })).toThrow(/cannot be exported/);
  });
});

describe('message bus', () => {
  it('has one socket', () => {
    expect(busConfig('/var/lib/fogd/nfs/bus.sock')).toContain(
      '<listen>unix:path=/var/lib/fogd/nfs/bus.sock</listen>',
    );
  });

  it('reads the exports that ganesha 4.3 shows', () => {
    const reply = `method return time=1.2 sender=:1.0 -> destination=:1.2 serial=4 reply_serial=2
   struct {
      uint64 1795519232
      uint64 68000000
   }
   array [
      struct {
         uint16 12
         string "/srv/images/.fogd/sessions/12"
         boolean true
      }
      struct {
         uint16 3
         string "/srv/images/.fogd/sessions/3"
      }
   ]
`;
    expect(shownExports(reply).map(({ id }) => id)).toEqual([12, 3]);
    expect(shownExports('')).toEqual([]);
  });
});

describe('ownership', () => {
  it('reads state and start time behind a name with brackets and blanks', () => {
    const fields = ['S', '1', ...Array.from({ length: 17 }, () => '0'), '4711', '0'];
    expect(statFacts(`99 (a) b (c)) ${fields.join(' ')}`)).toEqual({ state: 'S', startTime: '4711' });
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"pid":0}',
    '{"pid":1,"startTime":"1","argv":[]}',
    '{"pid":-1,"startTime":"1","argv":[]}',
  ])('%j is no note', (text) => {
    expect(parseNote(text)).toBeUndefined();
  });

  it('a whole note is one', () => {
    expect(parseNote('{"pid":7,"startTime":"1","argv":["x"]}')).toEqual({
      pid: 7,
      startTime: '1',
      argv: ['x'],
    });
  });
});

describe('port mapper', () => {
  it('is asked by RFC 5531 messages and understood', () => {
    const call = callMessage(7, {
      program: 100_000,
      version: 2,
      procedure: 3,
      parameters: uint32(100_003, 3, 6, 0),
    });
    // Credentials of AUTH_SYS: stamp, "fogd", uid 0, gid 0, no other groups.
    expect(call.toString('hex')).toBe(
      '0000000700000000' +
        '00000002' +
        '000186a0' +
        '00000002' +
        '00000003' +
        '0000000100000018' +
        '0000000000000004' +
        '666f6764' +
        '000000000000000000000000' +
        '0000000000000000' +
        '000186a3' +
        '00000003' +
        '00000006' +
        '00000000',
    );
    const bytes = Buffer.from('8000001c00000007000000010000000000000000000000000000000000000801', 'hex');
    const record = recordOf(bytes) ?? Buffer.alloc(0);
    expect(replyResults(record, 7).readUInt32BE(0)).toBe(2049);
    expect(recordOf(bytes.subarray(0, 9))).toBeUndefined();
    expect(() => replyResults(record, 8)).toThrow();
    expect(() => recordOf(Buffer.from('HTTP/1.1 400 Bad Request'))).toThrow();
  });
});

describe('rights', () => {
  it.each([
    ['Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\nCapAmb:\t0000000000000000\n', []],
    [
      'Uid:\t990\t990\t990\t990\nCapEff:\t0000000000002400\nCapAmb:\t0000000000002400\n',
      ['CAP_DAC_READ_SEARCH', 'CAP_SETGID', 'CAP_SETUID'],
    ],
    ['Uid:\t990\t990\t990\t990\nCapEff:\t00000000000000c4\nCapAmb:\t00000000000000c4\n', []],
  ])('that a child would lack are named', (status, missing) => {
    expect(missingRights(status)).toEqual(missing);
  });
});

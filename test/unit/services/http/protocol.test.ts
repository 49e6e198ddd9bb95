import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addHost } from '#actions/manage-hosts.js';
import { addImage } from '#actions/manage-images.js';
import { createTask, describeTask, taskById } from '#actions/manage-tasks.js';
import { parseFields } from '#services/http/form.js';
import { macsOf } from '#services/http/fos/machine.js';
import { base64Field, decodeOptional } from '#services/http/fos/value.js';
import { writeSmallImage } from './small-image.js';
import { shellBase64 as b64, MAC, makeWorld, type World } from './world.js';

/** How FOS talks (spec fos-protocol 0.3), line by line. */
describe('a body of FOS', () => {
  it.each<[string, string, string, string]>([
    [
      'a value is not URL-encoded, and `+` in base64 arrives as a space',
      'v=SGVsbG8+d29ybGQ=',
      'v',
      'Hello>world',
    ],
    [
      'base64 wraps at 76 columns: raw newlines inside values',
      `v=${b64('x'.repeat(100))}`,
      'v',
      'x'.repeat(100),
    ],
    ['with CR LF and tabs', 'v=SGVs\r\n\tbG8=', 'v', 'Hello'],
    ['base64 encodes a trailing newline: trimmed after decoding', `v=${b64('pc-1')}`, 'v', 'pc-1'],
    ['`=` padding occurs in a value: split at the first `=` only', 'v=YQ==&w=x', 'v', 'a'],
    ['without padding', 'v=YWI', 'v', 'ab'],
    ['URL-encoded as well, by other clients', 'v=YWI%3D', 'v', 'ab'],
    ['junk is decoded leniently and never an error', 'v=%%%&w', 'v', ''],
    ['missing', 'w=1', 'v', ''],
    ['given twice: the first counts', 'v=YQ==&v=Yg==', 'v', 'a'],
    ['UTF-8', `v=${b64('Jürgen')}`, 'v', 'Jürgen'],
  ])('%s', (_, body, name, expected) => {
    expect(base64Field(parseFields(body), name)).toBe(expected);
  });

  it.each([
    ['0', ''],
    ['', ''],
    [undefined, ''],
    [b64('0'), '0'],
    [b64('7'), '7'],
  ])('the optional value %j is %j: a bare 0 is none (spec 8.1 no. 14)', (value, expected) => {
    expect(decodeOptional(value)).toBe(expected);
  });

  it.each<[string, string, readonly string[]]>([
    ['plain', `mac=${MAC}`, [MAC]],
    ['plain, several', `mac=${MAC}|02:00:00:00:00:01`, [MAC, '02:00:00:00:00:01']],
    ['base64', `mac=${b64(MAC)}`, [MAC]],
    [
      'base64, several, wrapped',
      `mac=${b64([MAC, ...Array.from({ length: 6 }, (_, n) => `02:00:00:00:00:0${n}`)].join('|'))}`,
      [MAC, ...Array.from({ length: 6 }, (_, n) => `02:00:00:00:00:0${n}`)],
    ],
    ['URL-encoded', `mac=${encodeURIComponent(MAC)}`, [MAC]],
    ['upper case with dashes', 'mac=00-11-22-33-44-55', [MAC]],
    ['one twice', `mac=${MAC}|${MAC.toUpperCase()}`, [MAC]],
    ['nothing', 'mac=', []],
    ['no MAC', 'mac=hello', []],
    ['group and zero addresses', 'mac=01:00:5e:00:00:01|00:00:00:00:00:00|ff:ff:ff:ff:ff:ff', []],
    [
      'ten thousand',
      `mac=${Array.from({ length: 10_000 }, (_, n) => `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`).join('|')}`,
      Array.from({ length: 32 }, (_, n) => `02:00:00:00:00:${n.toString(16).padStart(2, '0')}`),
    ],
  ])('MAC list: %s (spec 3.1)', (_, body, expected) => {
    expect(macsOf(parseFields(body))).toEqual(expected);
  });
});

describe('calls of FOS', () => {
  let world: World;
  beforeEach(async () => {
    world = await makeWorld('[images]\nreserve_mib = 0\n');
    await addHost(world.context, 'pc', [MAC], 'test');
    await addImage(world.context, { name: 'base', format: 3 }, 'test');
    writeSmallImage(join(world.images, 'base'));
  });
  afterEach(() => world.close());
  const order = (type: 'deploy' | 'inventory' | 'memtest' = 'deploy') =>
    createTask(world.context, { host: 'pc', type, ...(type === 'deploy' ? { image: 'base' } : {}) }, 'test');
  const post = async (path: string, body: string, remoteAddress = '10.0.0.9') => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await world.app.inject({ method: 'POST', url: path, headers, body, remoteAddress });
    expect(answer.statusCode).toBe(200);
    return answer.body;
  };

  it('started from a USB stick: token, then what a boot script would have said; the rest goes by the token (spec 3.4)', async () => {
    const { id } = await order();
    const token = await post('/fog/status/hostgetkey.php', `mac=${b64(MAC)}`);
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    const shell = await post('/fog/service/hostinfo.php', `sysuuid=x&mac=${MAC}&hosttoken=${token}`);
    // As FOS does: sourced, on top of what the stick's kernel line has.
    const script = `web=http://10.0.0.1/fog/ boottype=usb osid=\n${shell}\necho "$web $img $type $mac $storage $hostname $capone"`;
    const seen = execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim();
    expect(seen).toMatch(
      new RegExp(`^http://10\\.0\\.0\\.1/fog/t/${token}/ base down ${MAC} 10\\.0\\.0\\.1:/t/\\d+/ pc$`),
    );
    expect(shell).not.toMatch(/pass|key/i);
    expect([...world.exports.values()]).toMatchObject([{ client: '10.0.0.9', access: 'RO' }]);
    expect(await post(`/fog/t/${token}/service/Pre_Stage1.php`, `mac=${MAC}&type=down`)).toBe('##@GO');
    expect(await post(`/fog/t/${token}/service/Post_Stage3.php`, `mac=${MAC}&type=down`)).toBe('##');
    expect(describeTask(world.context, taskById(world.context, id)).state).toBe('Complete');
  });

  it.each<[string, () => Promise<unknown>, string, string]>([
    ['an unknown machine', async () => undefined, b64('02:00:00:00:00:09'), 'Host Invalid'],
    ['no MAC', async () => undefined, '', 'Host Invalid'],
    ['a host without task', async () => undefined, b64(MAC), 'Invalid Tasking'],
    ['a task that boots no FOS', () => order('memtest'), b64(MAC), 'Invalid Tasking'],
    [
      'an address of another machine',
      async () => {
        await order();
        world.neighbours.set('10.0.0.9', '02:00:00:00:00:09');
      },
      b64(MAC),
      'the address 10.0.0.9 belongs to 02:00:00:00:00:09, which is not this machine',
    ],
  ])('a USB stick in %s gets no token', async (_, prepare, mac, answer) => {
    await prepare();
    expect(await post('/fog/status/hostgetkey.php', `mac=${mac}`)).toBe(answer);
    expect(world.context.sessions.liveOfMac(MAC)).toEqual([]);
  });

  it.each(['', 'x', '0'.repeat(32)])('the host token %j opens nothing', async (token) => {
    await order();
    expect(await post('/fog/service/hostinfo.php', `mac=${MAC}&hosttoken=${token}`)).toBe(
      'Invalid token passed for host',
    );
    expect(world.exports.size).toBe(0);
  });

  it.each([
    ['mode=s', 'Accepted'],
    ['mode=q', 'Accepted'],
    ['mode=x', 'Invalid operational mode'],
  ])('av.php with %s (FOG 1.5 refuses everything)', async (mode, answer) => {
    expect(await world.fos('av.php', `mac=${MAC}&string=${b64('/a/b: Eicar FOUND')}&${mode}`)).toBe(answer);
    expect(world.decisions.at(-1)).toMatchObject({ event: 'virus-found', reasons: ['/a/b: Eicar FOUND'] });
  });

  it('a multicast client checks in as any other', async () => {
    await order();
    const machine = await world.boot();
    await machine.head();
    expect(await machine.fos('mc_checkin.php', `mac=${MAC}&type=down`)).toBe('##@GO');
  });

  // Spec 8.1 no. 1: no BOM, no CR, no leading blank, no HTML.
  it('every answer is plain text without decoration', async () => {
    await order();
    const machine = await world.boot();
    await machine.head();
    const bodies = [
      await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=down`),
      await machine.fos('progress.php', 'status=Cg=='),
      await machine.fos('Post_Stage3.php', `mac=${MAC}&type=down`),
      await world.fos('man.hostexists.php', `mac=${b64('02:00:00:00:00:09')}`),
    ];
    expect(bodies).toEqual(['##@GO', '', '##', '#!ok']);
  });

  it.each([
    'Pre_Stage1.php',
    'Post_Stage2.php',
    'Post_Stage3.php',
    'Post_Wipe.php',
    'progress.php',
    'blame.php',
    'taskerror.php',
  ])('%s by a bare MAC changes nothing, and is recorded (fos.require_token)', async (endpoint) => {
    const { id } = await order();
    const machine = await world.boot();
    await machine.head();
    await machine.fos('Pre_Stage1.php', `mac=${MAC}&type=down`);
    const before = describeTask(world.context, taskById(world.context, id));
    const records = world.decisions.length;
    await world.fos(endpoint, `mac=${MAC}&type=down&status=${b64('a@b@c@d@e@5')}&text=x`);
    expect(describeTask(world.context, taskById(world.context, id))).toEqual(before);
    if (endpoint !== 'progress.php') expect(world.decisions.length).toBeGreaterThan(records);
  });

  it.each([
    ['oversized fields', `mac=${MAC}&text=${'x'.repeat(60_000)}&script=${'y'.repeat(60_000)}`],
    ['control characters', `mac=${MAC}&text=%00%01%1b[31m%0a%0d&script=%00`],
    ['shell and iPXE commands', `mac=${MAC}&text=$(reboot)%26%26chain&script=\`x\``],
  ])('%s in an error report are kept short and harmless', async (_, body) => {
    expect(await world.fos('taskerror.php', `${body}&type=error`)).toBe('##');
    const [reason = ''] = world.decisions.at(-1)?.reasons ?? [];
    expect(reason.length).toBeLessThanOrEqual(2000);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(reason).not.toMatch(/[\x00-\x1f]/);
  });
});

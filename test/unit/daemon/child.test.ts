import { describe, expect, it } from 'vitest';
import { findProgram, launch, run } from '#daemon/child.js';

describe('other programs', () => {
  it('get their arguments as they are, and an environment that is said', async () => {
    const result = await run(['/usr/bin/env'], { env: { A: '$(id) "x"' } });
    expect(result.stdout.split('\n').filter(Boolean).sort()).toEqual([
      'A=$(id) "x"',
      'LC_ALL=C.UTF-8',
      expect.stringMatching(/^PATH=/),
    ]);
    expect((await run(['/bin/echo', '$(id); `id`'])).stdout).toBe('$(id); `id`\n');
  });

  it('tell how they ended', async () => {
    expect(await run(['/bin/sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      code: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await run(['/bin/cat'], { input: 'in' })).toMatchObject({ code: 0, stdout: 'in' });
    await expect(run(['/nowhere/program'])).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are killed with what they started when they take too long or say too much', async () => {
    expect(await run(['/bin/sh', '-c', 'sleep 100 & wait'], { timeoutMs: 50 })).toMatchObject({
      cut: 'timeout',
    });
    const much = await run(['/bin/sh', '-c', 'while :; do echo x; done'], { outputLimit: 1000 });
    expect(much.cut).toBe('output');
    expect(much.stdout.length).toBeLessThanOrEqual(1000);
  });

  it('that go on can be ended', async () => {
    const child = await launch(['/bin/sleep', '100']);
    expect(child.kill('SIGTERM')).toBe(true);
    expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('are found in fixed folders only', async () => {
    expect(await findProgram('sh', ['/nowhere', '/bin'])).toBe('/bin/sh');
    expect(await findProgram('no-such-program')).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { command } from '../../lab/process.js';

describe('a command of the lab', () => {
  it('has said nothing when it ends before its input is closed (curl seemed to fail with EPIPE)', async () => {
    const results = await Promise.all(Array.from({ length: 200 }, () => command(['true'])));
    expect(results.filter(({ code, stderr }) => code !== 0 || stderr !== '')).toEqual([]);
  });

  it('gets its input whole, and the end of it', async () => {
    const input = 'line\n'.repeat(50_000);
    expect((await command(['wc', '-c'], { input })).stdout.trim()).toBe(String(input.length));
    expect((await command(['cat'])).stdout).toBe('');
  });
});

import { describe, expect, it } from 'vitest';
import { loginName } from '#domain/user-name.js';

describe('the name of who logged in', () => {
  it.each([
    ['VM\\Bob', 'bob'],
    ['Bob@Example.org', 'bob'],
    ['EXAMPLE\\bob@example.org', 'bob'],
    ['a\\b\\C', 'c'],
    ['bob', 'bob'],
    ['  bob smith ', 'bob smith'],
    ['VM\\Jörg', 'jörg'],
    ['VM\\', ''],
    ['@example.org', ''],
    ['', ''],
    ['a\u001b[2Jb\r\nc\u202ed\u2028e', 'a[2jbcde'],
    ['\ufffd\ud800x', 'x'],
    ["VM\\x'; DROP TABLE logins; --", "x'; drop table logins; --"],
  ])('of %j is %j', (text, name) => {
    expect(loginName(text)).toBe(name);
  });

  it('has an end, and no half character at it', () => {
    expect(loginName('😀'.repeat(5_000))).toBe('😀'.repeat(64));
  });
});

import { describe, expect, it } from 'vitest';
import { isGroupName } from '#domain/group.js';
import { isImageName } from '#domain/image.js';
import { isSnapinName } from '#domain/snapin.js';

describe('the name of a group, an image, a snapin', () => {
  it.each(['room-12', 'Windows 11', 'a.b', 'Größe', '1-1'])('%j can be one', (name) => {
    expect([isGroupName(name), isImageName(name), isSnapinName(name)]).toEqual([true, true, true]);
  });

  it.each(['.', '..', '...', '. .', '-1', '-', '--help', ' ', '\u00a0', '\u3000', '\u2800', '\u3164'])(
    '%j was taken for a path, an option or nothing: it is none',
    (name) => {
      expect([isGroupName(name), isImageName(name), isSnapinName(name)]).toEqual([false, false, false]);
    },
  );
});

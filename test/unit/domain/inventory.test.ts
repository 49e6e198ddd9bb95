import { describe, expect, it } from 'vitest';
import { clean, INVENTORY_FIELDS, inventoryFrom } from '#domain/inventory.js';

describe('inventory (spec fos-protocol 3.9)', () => {
  it.each([
    ['hdparm', 'Model=Samsung SSD 860 EVO 500GB, FwRev=RVT04B6Q, SerialNo=S3Z1NB0K123456'],
    ['smartctl', 'model=Samsung SSD 860 EVO 500GB, fwrev=RVT04B6Q, serialno=S3Z1NB0K123456'],
  ])('takes the disk apart as %s words it', (_, hdinfo) => {
    expect(inventoryFrom({ hdinfo })).toMatchObject({
      hdmodel: 'Samsung SSD 860 EVO 500GB',
      hdfirmware: 'RVT04B6Q',
      hdserial: 'S3Z1NB0K123456',
    });
  });

  it('has every field of the spec, and no other', () => {
    expect(INVENTORY_FIELDS).toHaveLength(26);
    const reported = inventoryFrom({ sysman: 'x', ...({ primaryUser: 'evil' } as object) });
    expect(reported).not.toHaveProperty('primaryUser');
    expect(Object.keys(reported)).toHaveLength(28);
  });

  it('bounds and flattens what a stranger sends (CVE-2026-47687)', () => {
    const sysman = `<img src=x onerror=alert(1)>\u0000\u001b[2J\r\n${'x'.repeat(1000)}`;
    const stored = inventoryFrom({ sysman }).sysman ?? '';
    expect(stored).toHaveLength(250);
    expect(stored).not.toMatch(/\p{Cc}/u);
    expect(clean('a\u2028b\tc')).toBe('a b c');
  });
});

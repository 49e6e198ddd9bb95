import { describe, expect, test } from 'vitest';
import { text } from '#services/dhcp/options/values.js';
import { decode, type Packet } from '#services/dhcp/packet.js';
import { toText } from '#settings/ipv4.js';
import { IPXE_EFI_DISCOVER, IPXE_ROM_DISCOVER, OVMF_DISCOVER, OVMF_REQUEST } from './captured.js';
import { BIOS, Box, IPXE, message, SETTINGS, UEFI } from './scene.js';

const URL_TEXT = 'http://10.0.0.1/default.ipxe';

function packetOf(bytes: Buffer): Packet {
  const decoded = decode(bytes);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet;
}

describe('in server mode', () => {
  test.each([
    ['BIOS', BIOS, 'undionly.kpxe'],
    ['UEFI x64', UEFI, 'snponly.efi'],
    ['a ROM without option 93', { 60: text('PXEClient:Arch:00007:UNDI:003000') }, 'snponly.efi'],
    ['a ROM that says Xscale', { ...UEFI, 93: Buffer.of(0, 8) }, 'snponly.efi'],
  ])('%s firmware is told in every place, even where it forgot to ask', (_name, options, file) => {
    const offer = new Box().hear(message(1, options));
    expect(toText(offer.packet.siaddr)).toBe('10.0.0.1');
    expect(offer.file).toBe(file);
    expect(offer.text(66)).toBe('10.0.0.1');
    expect(offer.text(67)).toBe(file);
    expect(offer.text(60)).toBe('PXEClient');
    expect(offer.hex(43)).toBe('060108ff');
    expect(offer.hex(150)).toBeUndefined();
    expect(offer.verdict.facts.file).toBe(file);
  });

  test.each([
    ['raw', text('iPXE')],
    ['as RFC 3004 has it', Buffer.from('\x04iPXE', 'latin1')],
  ])('iPXE (user class %s) gets the script and need not wait for a proxy', (_name, userClass) => {
    const offer = new Box().hear(message(1, { ...BIOS, 77: userClass }));
    expect(offer.file).toBe(URL_TEXT);
    expect(offer.text(67)).toBe(URL_TEXT);
    expect(offer.hex(175)).toBe('b00101');
    expect([offer.hex(60), offer.hex(43)]).toEqual([undefined, undefined]);
  });

  test("iPXE that shows itself by its option 175 only (FOG's builds may hide the user class)", () => {
    expect(new Box().hear(message(1, { ...BIOS, 175: Buffer.of(0xeb, 1, 0) })).file).toBe(URL_TEXT);
  });

  test('a URL longer than the field stands in option 67 alone', () => {
    const box = new Box();
    box.scriptUrl = `http://10.0.0.1/${'x'.repeat(120)}`;
    const offer = box.hear(message(1, IPXE));
    expect(offer.file).toBe('');
    expect(offer.text(67)).toBe(box.scriptUrl);
  });

  test('150 where it is asked for; 97 echoed', () => {
    const uuid = Buffer.from('0044332211665588' + '7799aabbccddeeff00', 'hex');
    const offer = new Box().hear(message(1, { ...BIOS, 55: Buffer.of(1, 150), 97: uuid }));
    expect(offer.hex(150)).toBe('0a000001');
    expect(offer.hex(97)).toBe(uuid.toString('hex'));
    expect(offer.verdict.who.uuid).toBe('11223344-5566-7788-99aa-bbccddeeff00');
  });

  test('a plain client gets no boot file, unless it asks for one', () => {
    const box = new Box();
    const plain = box.hear(message(1, { 55: Buffer.of(1, 3, 6) }));
    expect([plain.file, plain.hex(66), plain.hex(67), plain.packet.siaddr]).toEqual([
      '',
      undefined,
      undefined,
      0,
    ]);
    expect(box.hear(message(1, { 55: Buffer.of(1, 67) })).file).toBe('undionly.kpxe');
  });

  test('an architecture without a file is told so in the record', () => {
    const offer = new Box().hear(message(1, { ...UEFI, 93: Buffer.of(0, 11) }));
    expect(offer.event).toBe('offer answered');
    expect(offer.reasons).toEqual([
      'no boot file for arch 11: import one (arm64-efi/snponly.efi, for UEFI arm64)',
    ]);
    expect(offer.verdict.who.arch).toBe('UEFI arm64');
  });
});

describe('real clients', () => {
  test.each([
    ['iPXE ROM', IPXE_ROM_DISCOVER, 'BIOS', URL_TEXT],
    ['OVMF', OVMF_DISCOVER, 'UEFI x64', 'snponly.efi'],
    ['iPXE EFI', IPXE_EFI_DISCOVER, 'UEFI x64', URL_TEXT],
  ])('%s', (_name, bytes, arch, file) => {
    const offer = new Box().hear(packetOf(bytes));
    expect(offer.file).toBe(file);
    expect(offer.verdict.who).toMatchObject({ arch, uuid: '11223344-5566-7788-99aa-bbccddeeff00' });
  });

  test("OVMF's REQUEST with option 57 = 65280 is served as anybody's", () => {
    const box = new Box({
      ...SETTINGS,
      subnets: [{ network: '10.77.0.0/24', ranges: ['10.77.0.100-10.77.0.199'] }],
    });
    const request = packetOf(OVMF_REQUEST);
    const server = Buffer.of(10, 0, 0, 1);
    const relayed = { ...request, giaddr: 0x0a4d0001, options: new Map([...request.options, [54, server]]) };
    expect(box.hear(relayed).event).toBe('ack answered');
  });
});

describe('a reply longer than the machine takes', () => {
  const relay = { 82: Buffer.alloc(255, 1) };

  test('loses what it can do without, says so, and keeps option 82 whole', () => {
    const offer = new Box().hear(
      message(1, { ...BIOS, ...relay, 55: Buffer.of(150) }, { giaddr: '10.0.0.254' }),
    );
    expect(offer.hex(82)?.length).toBe(510);
    expect(offer.reasons[0]).toBe('option 150 left out: the machine takes 548 bytes');
    expect(offer.file).toBe('undionly.kpxe');
  });

  test.each([
    ['a size below the least of RFC 2131 counts as 576', Buffer.of(1, 0), true],
    ['a larger size is used', Buffer.of(0x05, 0xc0), false],
    ['65280 means one frame', Buffer.of(0xff, 0), false],
    ['a size of the wrong length counts as none', Buffer.of(9), true],
  ])('%s', (_name, size, isShort) => {
    const offer = new Box().hear(
      message(1, { ...BIOS, ...relay, 55: Buffer.of(150), 57: size }, { giaddr: '10.0.0.254' }),
    );
    expect(offer.reasons.length > 0).toBe(isShort);
  });
});

import { describe, expect, test } from 'vitest';
import { text } from '#services/dhcp/options/values.js';
import { toText } from '#settings/ipv4.js';
import { address, BIOS, Box, IPXE, message, PC1, SETTINGS, UEFI } from './scene.js';

const proxy = () => new Box({ ...SETTINGS, mode: 'proxy', subnets: [] });

describe('port 67', () => {
  test.each([
    ['BIOS firmware', BIOS, 'undionly.kpxe', '060108ff'],
    ['UEFI firmware', UEFI, 'snponly.efi', '060108ff'],
    ["iPXE's second stage", IPXE, 'http://10.0.0.1/default.ipxe', undefined],
  ])('%s is offered boot information and no address', (_name, options, file, vendor) => {
    const offer = proxy().hear(message(1, options));
    expect(offer.event).toBe('proxy-offer answered');
    expect(offer.hex(53)).toBe('02');
    expect(offer.yiaddr).toBe('0.0.0.0');
    expect(toText(offer.packet.siaddr)).toBe('10.0.0.1');
    expect(offer.hex(54)).toBe('0a000001');
    expect(offer.text(60)).toBe('PXEClient');
    expect(offer.hex(43)).toBe(vendor);
    expect(offer.file).toBe(file);
    expect(offer.text(67)).toBe(file);
    expect([1, 3, 6, 15, 28, 51, 58, 59, 175].filter((code) => offer.packet.options.has(code))).toEqual([]);
    expect(offer.to).toBe('255.255.255.255:68');
    expect(offer.verdict.effect).toBeUndefined();
  });

  test('through a relay the offer goes to the relay, with option 82', () => {
    const offer = proxy().hear(message(1, { ...BIOS, 82: Buffer.of(1, 1, 7) }, { giaddr: '10.9.0.1' }));
    expect(offer.to).toBe('10.9.0.1:67');
    expect(offer.hex(82)).toBe('010107');
  });

  test('who does not boot from the network is left alone, with all reasons', () => {
    const heard = proxy().hear(message(1, { 60: text('MSFT 5.0') }));
    expect(heard.event).toBe('discover ignored');
    expect(heard.isSilent).toBe(true);
    expect(heard.reasons).toEqual([
      'not a network-boot client: vendor class "MSFT 5.0" in option 60, neither PXEClient nor HTTPClient',
      'no user class iPXE in option 77, no option 175',
    ]);
    expect(proxy().hear(message(1)).reasons[0]).toBe(
      'not a network-boot client: no vendor class in option 60, neither PXEClient nor HTTPClient',
    );
  });

  test('an architecture without a file gets no offer that leads nowhere', () => {
    const heard = proxy().hear(message(1, { ...UEFI, 93: Buffer.of(0, 6) }));
    expect(heard.event).toBe('discover ignored');
    expect(heard.reasons).toEqual([
      'no boot file for arch 6: import one (i386-efi/snponly.efi, for UEFI ia32)',
    ]);
    expect(heard.verdict.who).toEqual({ mac: PC1, arch: 'UEFI ia32' });
  });

  test('a REQUEST for the real server is never answered; it tells the address that the machine takes', () => {
    const heard = proxy().hear(message(3, { ...BIOS, 50: address('10.0.0.77'), 54: address('10.0.0.9') }));
    expect(heard.event).toBe('address-taken ignored');
    expect(heard.isSilent).toBe(true);
    expect(heard.verdict.who).toEqual({ mac: PC1, ip: '10.0.0.77', arch: 'BIOS' });
    expect(heard.verdict.facts).toMatchObject({ address: '10.0.0.77', server: '10.0.0.9' });
  });

  test('the same of a plain client and of a renewal', () => {
    expect(proxy().hear(message(3, { 50: address('10.0.0.77') })).verdict.facts).toEqual({
      xid: '1a2b3c4d',
      interface: 'eth0',
      address: '10.0.0.77',
    });
    expect(proxy().hear(message(3, {}, { ciaddr: '10.0.0.78' })).verdict.who).toEqual({
      mac: PC1,
      ip: '10.0.0.78',
    });
  });

  test.each([
    [
      'a REQUEST that names us',
      message(3, { ...BIOS, 50: address('10.0.0.77'), 54: address('10.0.0.1') }),
      'it names us as DHCP server, but a proxy leases no addresses',
    ],
    [
      'a REQUEST without address',
      message(3, BIOS),
      'it names no address, neither in option 50 nor in ciaddr',
    ],
    ['INFORM', message(8, BIOS, { ciaddr: '10.0.0.77' }), 'INFORM is for the DHCP server'],
    ['RELEASE', message(7, BIOS, { ciaddr: '10.0.0.77' }), 'RELEASE is for the DHCP server'],
    ['DECLINE', message(4, BIOS), 'DECLINE is for the DHCP server'],
  ])('%s is ignored', (_name, packet, reason) => {
    const heard = proxy().hear(packet);
    expect(heard.verdict.outcome).toBe('ignored');
    expect(heard.isSilent).toBe(true);
    expect(heard.reasons).toEqual([reason]);
  });
});

describe('port 4011', () => {
  const bootServer = () => {
    const box = proxy();
    box.port = 4011;
    box.from = '10.0.0.77';
    return box;
  };

  test.each([
    ['REQUEST', 3],
    ['INFORM', 8],
  ])('a boot-server %s is acknowledged to where it came from, with the item it asked for', (_name, type) => {
    const asked = Buffer.from('470400000000ff', 'hex');
    const ack = bootServer().hear(message(type, { ...BIOS, 43: asked }, { ciaddr: '10.0.0.77' }));
    expect(ack.event).toBe('proxy-ack answered');
    expect(ack.hex(53)).toBe('05');
    expect(ack.yiaddr).toBe('0.0.0.0');
    expect(toText(ack.packet.ciaddr)).toBe('10.0.0.77');
    expect(ack.file).toBe('undionly.kpxe');
    expect(ack.hex(43)).toBe('060108470400000000ff');
    expect(ack.to).toBe('10.0.0.77:68');
  });

  test('all that is wrong is said', () => {
    const box = bootServer();
    box.from = '0.0.0.0';
    expect(box.hear(message(1, { 54: address('10.0.0.9') })).reasons).toEqual([
      'not a network-boot client: no vendor class in option 60, neither PXEClient nor HTTPClient',
      'no user class iPXE in option 77, no option 175',
      'DISCOVER is no boot-server request',
      'it is meant for 10.0.0.9',
      'it has no address to answer to',
    ]);
  });
});

import { describe, expect, test } from 'vitest';
import { text } from '#services/dhcp/options/values.js';
import type { DhcpSettings } from '#settings/schema.js';
import { address, BIOS, Box, HOUR, IPXE, message, PC1, PC2, PC3, SETTINGS, UEFI } from './scene.js';

const US = { 54: address('10.0.0.1') };
const asks = (value: string) => ({ 50: address(value) });
const HTTP = { 60: text('HTTPClient:Arch:00016:UNDI:003000'), 93: Buffer.of(0, 16) };

function boxWith(changes: Partial<DhcpSettings>): Box {
  return new Box({ ...SETTINGS, ...changes });
}

describe('an address of its own (dhcp.hosts)', () => {
  const OWN = { hosts: [{ mac: PC1.toUpperCase(), address: '10.0.0.50' }] };

  test('is offered and leased, in a range or not; nobody else gets it', () => {
    const box = boxWith({ hosts: [...OWN.hosts, { mac: PC2, address: '10.0.0.100' }] });
    expect(box.lease(PC1).yiaddr).toBe('10.0.0.50');
    expect(box.lease(PC2).yiaddr).toBe('10.0.0.100');
    expect(box.hear(message(1, asks('10.0.0.100'), { mac: PC3 })).yiaddr).toMatch(/^10\.0\.0\.10[1-4]$/);
    const nak = box.hear(message(3, { ...US, ...asks('10.0.0.50') }, { mac: PC3 }));
    expect(nak.reasons).toEqual([`10.0.0.50 is set aside for ${PC1}`, `10.0.0.50 belongs to ${PC1}`]);
  });

  test('is the same from firmware to system, whatever they call themselves', () => {
    const box = boxWith(OWN);
    const stages = [UEFI, IPXE, { 61: Buffer.from('ff0001', 'hex') }, {}].map((options) =>
      box.lease(PC1, options),
    );
    expect(stages.map(({ yiaddr }) => yiaddr)).toEqual(Array(4).fill('10.0.0.50'));
  });

  test('by client identifier, also where firmware sends it; by the name of a host, any of its MACs', () => {
    const box = boxWith({
      hosts: [
        { client_id: 'FF0001', address: '10.0.0.51' },
        { host: 'Lab-PC-01', address: '10.0.0.52' },
      ],
    });
    box.hosts = { [PC2]: 'lab-pc-01', [PC3]: 'lab-pc-01' };
    expect(box.lease(PC1, { ...UEFI, 61: Buffer.from('ff0001', 'hex') }).yiaddr).toBe('10.0.0.51');
    expect(box.lease(PC2).yiaddr).toBe('10.0.0.52');
    // Its other card, while the first one holds the address: a live lease is never given away.
    const other = box.lease(PC3);
    expect(other.yiaddr).toMatch(/^10\.0\.0\.10\d$/);
    expect(box.hear(message(1, {}, { mac: PC3 })).reasons).toEqual([
      `its own address 10.0.0.52 belongs to ${PC2}`,
    ]);
  });

  test('set while the machine runs: renewals keep the old one, the next start gets it', () => {
    const box = boxWith({});
    const { yiaddr } = box.lease(PC1);
    const moved = boxWith(OWN);
    moved.saved.push(...box.saved);
    moved.restart();
    moved.from = yiaddr;
    expect(moved.hear(message(3, {}, { ciaddr: yiaddr })).event).toBe('ack answered');
    moved.from = '0.0.0.0';
    const nak = moved.hear(message(3, asks(yiaddr)));
    expect([nak.event, nak.reasons]).toEqual(['nak refused', ['its own address is 10.0.0.50']]);
    expect(moved.lease(PC1).yiaddr).toBe('10.0.0.50');
  });

  test('in another subnet than the machine is in now does not matter here', () => {
    const box = boxWith({ hosts: [{ mac: PC1, address: '10.1.0.60' }] });
    expect(box.lease(PC1).yiaddr).toMatch(/^10\.0\.0\.10\d$/);
    expect(box.hear(message(1, {}, { giaddr: '10.1.0.1' })).yiaddr).toBe('10.1.0.60');
  });
});

describe('BOOTP', () => {
  const bootp = (mac: string) => ({ ...message(1, {}, { mac }), options: new Map() });

  test('is served to a machine with an address of its own, without anything of DHCP', () => {
    const heard = boxWith({ hosts: [{ mac: PC1, address: '10.0.0.50' }] }).hear(bootp(PC1));
    expect([heard.event, heard.yiaddr, heard.to]).toEqual([
      'bootp answered',
      '10.0.0.50',
      '255.255.255.255:68',
    ]);
    expect([heard.hex(1), heard.hex(3)]).toEqual(['ffffff00', '0a0000fe']);
    expect([53, 54, 51, 58].map((code) => heard.hex(code))).toEqual(Array(4).fill(undefined));
  });

  test('of others is left alone', () => {
    const heard = boxWith({}).hear(bootp(PC1));
    expect(heard.isSilent).toBe(true);
    expect(heard.reasons).toEqual([
      'plain BOOTP is served only to machines with an address of their own (dhcp.hosts)',
    ]);
  });
});

describe('what a subnet says', () => {
  const subnets = [
    {
      network: '10.0.0.0/24',
      ranges: ['10.0.0.100-10.0.0.119'],
      exclude: ['10.0.0.101', '10.0.0.103-10.0.0.119'],
      router: '10.0.0.254',
      ntp: ['10.0.0.7'],
      search: ['lab.example', 'example'],
      routes: ['10.9.0.0/16 via 10.0.0.253'],
      lease_seconds: 120,
      options: ['252 text http://wpad/', '4 address 10.0.0.8,10.0.0.9'],
    },
  ];

  test('is in the answer: time servers, search list, routes, options by number, its own lease time', () => {
    const box = boxWith({ subnets });
    const ack = box.lease(PC1);
    expect(ack.hex(42)).toBe('0a000007');
    expect(ack.hex(119)).toBe(`${'036c6162' + '076578616d706c65' + '00'}${'076578616d706c65' + '00'}`);
    // The default route once more: who takes option 121 does not look at option 3.
    expect(ack.hex(121)).toBe(`${'10' + '0a09' + '0a0000fd'}${'00' + '0a0000fe'}`);
    expect([ack.text(252), ack.hex(4), ack.hex(51)]).toEqual([
      'http://wpad/',
      '0a0000080a000009',
      '00000078',
    ]);
    expect(box.saved[0]).toMatchObject({ expiresAt: box.now + 120_000 });
  });

  test('and what is excluded is never leased', () => {
    const box = boxWith({ subnets });
    const given = [PC1, PC2].map((mac) => box.lease(mac).yiaddr);
    expect(given.sort()).toEqual(['10.0.0.100', '10.0.0.102']);
    expect(box.hear(message(1, {}, { mac: PC3 })).isSilent).toBe(true);
  });

  test('subnets on one cable lease to the same machines, each with its own mask', () => {
    const box = boxWith({
      subnets: [
        { network: '10.0.0.0/24', ranges: ['10.0.0.100-10.0.0.100'], shared_network: 'cable' },
        {
          network: '10.5.0.0/16',
          ranges: ['10.5.0.1-10.5.0.1'],
          shared_network: 'cable',
          router: '10.5.0.9',
        },
      ],
    });
    const acks = [PC1, PC2].map((mac) => box.lease(mac));
    expect(acks.map((ack) => `${ack.yiaddr} ${ack.hex(1)} ${ack.hex(3)}`).sort()).toEqual([
      '10.0.0.100 ffffff00 undefined',
      '10.5.0.1 ffff0000 0a050009',
    ]);
    expect(box.hear(message(1, {}, { mac: PC3 })).reasons).toEqual([
      'no free address in 10.0.0.0/24, 10.5.0.0/16',
    ]);
  });
});

describe('classes and single machines', () => {
  const classes = [
    { name: 'phones', mac_prefix: '52:54:00', options: ['66 text phones.example', '42 address 10.0.0.7'] },
    { name: 'surface', arch: [7], undi: '3.16', boot_file: 'ipxe.efi' },
    { name: 'kiosk', user_class: 'kiosk', vendor_class: 'MSFT', options: ['42 address 10.0.0.8'] },
  ];

  test('options of every class that fits, the later one wins, and those of the machine over all', () => {
    const box = boxWith({ classes, hosts: [{ mac: PC2, options: ['42 address 10.0.0.9'] }] });
    const kiosk = { 77: text('kiosk'), 60: text('MSFT 5.0') };
    const heard = [box.lease(PC1), box.lease(PC1, kiosk), box.lease(PC2, kiosk)];
    expect(heard.map((ack) => ack.hex(42))).toEqual(['0a000007', '0a000008', '0a000009']);
    expect(heard.map((ack) => ack.text(66))).toEqual(Array(3).fill('phones.example'));
    expect(heard[2]?.verdict.facts.rules).toBe(`phones, kiosk, ${PC2}`);
  });

  test('a lease time of their own', () => {
    const box = boxWith({
      classes: [{ name: 'guests', mac_prefix: '52:54:00', lease_seconds: 300 }],
      hosts: [{ mac: PC2, lease_seconds: 86_400 }],
    });
    expect([box.lease(PC1).hex(51), box.lease(PC2).hex(51), box.lease(PC2).hex(58)]).toEqual([
      '0000012c',
      '00015180',
      '0000a8c0',
    ]);
    expect(box.saved.map(({ expiresAt }) => expiresAt - box.now)).toEqual([300_000, 86_400_000, 86_400_000]);
  });

  test('but a machine in its boot gets its boot server from fogd', () => {
    expect(boxWith({ classes }).lease(PC1, BIOS).text(66)).toBe('10.0.0.1');
  });

  test('a boot file by architecture and UNDI version, by machine, by host', () => {
    const box = boxWith({ classes, hosts: [{ host: 'old', boot_file: 'undionly.kkpxe' }] });
    box.files = ['snponly.efi', 'ipxe.efi', 'undionly.kkpxe'];
    const surface = { ...UEFI, 94: Buffer.of(1, 3, 16) };
    expect([box.lease(PC1, UEFI).file, box.lease(PC1, surface).file]).toEqual(['snponly.efi', 'ipxe.efi']);
    box.hosts = { [PC1]: 'old' };
    expect(box.lease(PC1, surface).file).toBe('undionly.kkpxe');
  });
});

describe('firmware that boots by HTTP', () => {
  test('gets its boot loader as a URL, and HTTPClient', () => {
    const ack = new Box().lease(PC1, HTTP);
    expect([ack.text(60), ack.text(67), ack.file]).toEqual([
      'HTTPClient',
      'http://10.0.0.1/ipxe/snponly.efi',
      'http://10.0.0.1/ipxe/snponly.efi',
    ]);
    expect(ack.hex(43)).toBeUndefined();
  });

  test('also from a proxy', () => {
    const offer = boxWith({ mode: 'proxy', subnets: [] }).hear(message(1, HTTP));
    expect([offer.event, offer.text(60)]).toEqual(['proxy-offer answered', 'HTTPClient']);
  });

  test('but not on its way to the disk, after its iPXE ran by PXE; a new start serves it again', () => {
    const box = new Box();
    for (const stage of [UEFI, IPXE]) box.lease(PC1, stage);
    const passing = box.lease(PC1, HTTP);
    expect([passing.text(67), passing.reasons[0]]).toEqual([
      undefined,
      'its iPXE, started by PXE, gave the boot back: the firmware tries HTTP boot on its way to the disk',
    ]);
    expect(box.lease(PC1, HTTP).text(67)).toBeUndefined();
    box.lease(PC1, UEFI);
    expect(box.lease(PC1, HTTP).text(67)).toContain('snponly.efi');
    // A machine that knows HTTP boot only may start as often as it likes.
    box.lease(PC2, HTTP);
    box.lease(PC2, IPXE);
    expect(box.lease(PC2, HTTP).text(67)).toContain('snponly.efi');
    for (const stage of [UEFI, IPXE]) box.lease(PC3, stage);
    box.now += HOUR;
    expect(box.lease(PC3, HTTP).text(67)).toContain('snponly.efi');
  });
});

describe('which subnet is meant', () => {
  const relayed = (options: Record<number, Buffer>) =>
    new Box().hear(message(1, options, { giaddr: '10.0.0.77' }));

  test('the link that the relay names (82.5), before the option of the client (118), before the relay itself', () => {
    expect(relayed({}).yiaddr).toMatch(/^10\.0\.0\./);
    const by82 = relayed({ 82: Buffer.from('01026162050' + '40a010000', 'hex'), 118: address('10.9.9.0') });
    expect([by82.yiaddr.slice(0, 7), by82.to]).toEqual(['10.1.0.', '10.0.0.77:67']);
    expect(by82.hex(82)).toBe('0102616205040a010000');
    const by118 = relayed({ 118: address('10.1.0.0') });
    expect([by118.yiaddr.slice(0, 7), by118.hex(118)]).toEqual(['10.1.0.', '0a010000']);
  });

  test('two relays on one cable: both are answered, with the same address', () => {
    const box = new Box();
    const [one, two] = ['10.1.0.1', '10.1.0.2'].map((giaddr) => box.hear(message(1, {}, { giaddr })));
    expect(one?.yiaddr).toBe(two?.yiaddr);
    expect([one?.to, two?.to]).toEqual(['10.1.0.1:67', '10.1.0.2:67']);
  });

  test('one that is not ours is named', () => {
    expect(relayed({ 118: address('10.9.9.0') }).reasons).toEqual([
      '10.9.9.0, where an address is wanted, is in no subnet of dhcp.subnets',
    ]);
  });
});

describe('REQUEST by its state', () => {
  test('a renewal is for ciaddr, whatever option 50 says', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    expect(box.hear(message(3, asks('10.0.0.104'), { ciaddr: yiaddr })).yiaddr).toBe(yiaddr);
  });

  test('the state is in the record of what was not granted', () => {
    const box = new Box();
    expect(box.hear(message(3, asks('192.168.7.7'))).verdict.facts.state).toBe('init-reboot');
    expect(box.hear(message(3, {}, { ciaddr: '192.168.7.7' })).verdict.facts.state).toBe('renewing');
    expect(box.hear(message(3, { ...US, ...asks('192.168.7.7') })).verdict.facts.state).toBe('selecting');
  });
});

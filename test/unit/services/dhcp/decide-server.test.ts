import { describe, expect, test } from 'vitest';
import { text } from '#services/dhcp/options/values.js';
import { toNumber, toText } from '#settings/ipv4.js';
import {
  address,
  BIOS,
  Box,
  HOUR,
  IPXE,
  message,
  PC1,
  PC2,
  PC3,
  SECOND,
  SETTINGS,
  START,
  UEFI,
} from './scene.js';

const US = { 54: address('10.0.0.1') };
const ELSEWHERE = { 54: address('10.0.0.9') };
const asks = (value: string) => ({ 50: address(value) });

describe('DISCOVER', () => {
  test('is answered with an offer that says all about the network', () => {
    const offer = new Box().hear(message(1));
    expect(offer.event).toBe('offer answered');
    expect(offer.yiaddr).toMatch(/^10\.0\.0\.10[0-4]$/);
    expect(offer.to).toBe('255.255.255.255:68');
    expect(offer.hex(53)).toBe('02');
    expect(offer.hex(54)).toBe('0a000001');
    expect(offer.hex(1)).toBe('ffffff00');
    expect(offer.hex(28)).toBe('0a0000ff');
    expect(offer.hex(3)).toBe('0a0000fe');
    expect(offer.hex(6)).toBe('0a0000fd09090909');
    expect(offer.text(15)).toBe('school.example');
    expect(offer.hex(51)).toBe('00000e10');
    expect(offer.hex(58)).toBe('00000708');
    expect(offer.hex(59)).toBe('00000c4e');
    expect(offer.packet).toMatchObject({ op: 2, xid: 0x1a2b3c4d, ciaddr: 0, giaddr: 0 });
    expect(offer.verdict.facts).toEqual({
      xid: '1a2b3c4d',
      interface: 'eth0',
      server: '10.0.0.1',
      address: offer.yiaddr,
    });
  });

  test('reserves the address for 60 s: nobody else is offered it', () => {
    const box = new Box();
    const offered = new Set(
      [1, 2, 3, 4, 5].map((n) => box.hear(message(1, {}, { mac: `52:54:00:77:01:0${n}` })).yiaddr),
    );
    expect(offered.size).toBe(5);
    // Known machines, of which none gives way.
    const known = new Box();
    const macs = [1, 2, 3, 4, 5].map((n) => `52:54:00:77:01:0${n}`);
    for (const mac of macs) known.lease(mac);
    known.now += 100 * HOUR;
    for (const mac of macs) known.hear(message(1, {}, { mac }));
    const sixth = message(1, {}, { mac: '52:54:00:77:01:06' });
    expect(known.hear(sixth).event).toBe('discover ignored');
    expect(known.hear(sixth).reasons).toEqual(['no free address in 10.0.0.0/24']);
    known.now += 60 * SECOND;
    expect(known.hear(sixth).event).toBe('offer answered');
  });

  test('again gives the same offer, and the reservation lasts anew', () => {
    const box = new Box();
    const first = box.hear(message(1)).yiaddr;
    box.now += 50 * SECOND;
    expect(box.hear(message(1)).yiaddr).toBe(first);
    box.now += 50 * SECOND;
    expect(box.hear(message(1, asks(first), { mac: PC2 })).yiaddr).not.toBe(first);
  });

  test('gives the wanted address when it is free, another when not', () => {
    const box = new Box();
    expect(box.hear(message(1, asks('10.0.0.103'))).yiaddr).toBe('10.0.0.103');
    expect(box.hear(message(1, asks('10.0.0.103'), { mac: PC2 })).yiaddr).not.toBe('10.0.0.103');
    expect(box.hear(message(1, asks('10.0.0.50'), { mac: PC3 })).yiaddr).toMatch(/^10\.0\.0\.10\d$/);
  });

  test('an own lease goes before a wish, also after it expired', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    box.now += 100 * HOUR;
    const other = yiaddr === '10.0.0.103' ? '10.0.0.102' : '10.0.0.103';
    expect(box.hear(message(1, asks(other))).yiaddr).toBe(yiaddr);
  });

  test('a full pool takes the lease that expired longest ago, and no live one', () => {
    const box = new Box();
    const machines = [1, 2, 3, 4, 5].map((n) => `52:54:00:77:01:0${n}`);
    const given = machines.map((mac) => {
      box.now += SECOND;
      return box.lease(mac).yiaddr;
    });
    expect(box.hear(message(1, {}, { mac: PC1 })).isSilent).toBe(true);
    box.now = START + 2 * SECOND + HOUR;
    expect(box.hear(message(1, {}, { mac: PC1 })).yiaddr).toBe(given[0]);
    expect(box.hear(message(1, {}, { mac: PC2 })).yiaddr).toBe(given[1]);
    // PC1 and PC2 were never seen before: one of the two free addresses is all that such machines can hold.
    expect(box.hear(message(1, {}, { mac: PC3 })).yiaddr).toBe(given[0]);
  });
});

describe('one machine keeps one address', () => {
  test('firmware, iPXE with another client identifier and the system that sends its MAC', () => {
    const box = new Box();
    const firmware = box.lease(PC1, { ...UEFI, 61: Buffer.from('00112233', 'hex') }).yiaddr;
    const ipxe = box.lease(PC1, { ...IPXE, 61: Buffer.from('ff445566', 'hex') }).yiaddr;
    const system = box.lease(PC1, { 61: Buffer.from('01525400770001', 'hex') }).yiaddr;
    expect([ipxe, system]).toEqual([firmware, firmware]);
  });

  test('two client identifiers on one MAC keep two leases', () => {
    const box = new Box();
    const one = box.lease(PC1, { 61: Buffer.from('ff0001', 'hex') }).yiaddr;
    const two = box.lease(PC1, { 61: Buffer.from('ff0002', 'hex') }).yiaddr;
    expect(two).not.toBe(one);
    expect(box.lease(PC1, { 61: Buffer.from('ff0001', 'hex') }).yiaddr).toBe(one);
  });

  test('also after a restart that lost every record, where nobody was before', () => {
    const before = new Box().hear(message(1)).yiaddr;
    expect(new Box().hear(message(1)).yiaddr).toBe(before);
  });
});

describe('REQUEST in SELECTING', () => {
  test('of our offer is acknowledged, and the lease is to be saved', () => {
    const box = new Box();
    const ack = box.lease(PC1, { 12: text('pc-01') });
    expect(ack.event).toBe('ack answered');
    expect(ack.hex(53)).toBe('05');
    expect(box.saved).toEqual([
      {
        address: toNumber(ack.yiaddr),
        mac: PC1,
        clientId: undefined,
        hostname: 'pc-01',
        state: 'bound',
        grantedAt: START,
        expiresAt: START + HOUR,
      },
    ]);
    expect(ack.verdict.who).toEqual({ mac: PC1, ip: ack.yiaddr });
  });

  test("of another server's offer is left alone, and our offer is forgotten", () => {
    const box = new Box();
    const { yiaddr } = box.hear(message(1));
    const taken = box.hear(message(3, { ...ELSEWHERE, ...asks('10.0.0.77') }));
    expect(taken.event).toBe('request ignored');
    expect(taken.reasons).toEqual(['it took the offer of 10.0.0.9']);
    expect(taken.verdict.facts).toMatchObject({ server: '10.0.0.9' });
    expect(box.hear(message(1, asks(yiaddr), { mac: PC2 })).yiaddr).toBe(yiaddr);
  });

  test('of an offer whose time is over, while the address is free, is acknowledged all the same', () => {
    const box = new Box();
    const { yiaddr } = box.hear(message(1));
    box.now += 5 * 60 * SECOND;
    expect(box.hear(message(3, { ...US, ...asks(yiaddr) })).yiaddr).toBe(yiaddr);
  });

  test('after a restart between OFFER and REQUEST is acknowledged', () => {
    const box = new Box();
    const { yiaddr } = box.hear(message(1));
    box.restart();
    expect(box.hear(message(3, { ...US, ...asks(yiaddr) })).event).toBe('ack answered');
  });

  test("naming our second address is ours; naming none of the machine's addresses is ignored", () => {
    const box = new Box();
    const { yiaddr } = box.hear(message(1));
    expect(box.hear(message(3, { 54: address('10.0.0.2'), ...asks(yiaddr) })).event).toBe('ack answered');
    expect(box.hear(message(3, US)).reasons).toEqual([
      'it names no address, neither in option 50 nor in ciaddr',
    ]);
  });

  test("of an address that another machine has is refused with all reasons; that machine's lease stays", () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    const nak = box.hear(message(3, { ...US, ...asks(yiaddr) }, { mac: PC2 }));
    expect(nak.event).toBe('nak refused');
    expect(nak.hex(53)).toBe('06');
    expect(nak.yiaddr).toBe('0.0.0.0');
    expect(nak.to).toBe('255.255.255.255:68');
    expect(nak.text(56)).toBe(`${yiaddr} belongs to ${PC1}`);
    expect(nak.hex(51)).toBeUndefined();
    expect(box.lease(PC1).yiaddr).toBe(yiaddr);
  });

  test('of an address outside our ranges is refused: it says it has it from us', () => {
    const nak = new Box().hear(message(3, { ...US, ...asks('10.0.0.50') }));
    expect(nak.event).toBe('nak refused');
    expect(nak.reasons).toEqual(['10.0.0.50 is in no range of 10.0.0.0/24']);
  });
});

describe('REQUEST in INIT-REBOOT', () => {
  test('of its lease is acknowledged, and after a restart too', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    box.restart();
    expect(box.hear(message(3, asks(yiaddr))).yiaddr).toBe(yiaddr);
  });

  test('on the wrong network is refused', () => {
    const nak = new Box().hear(message(3, asks('192.168.7.7')));
    expect(nak.event).toBe('nak refused');
    expect(nak.reasons).toEqual(['192.168.7.7 is not in 10.0.0.0/24, where the machine is']);
  });

  test('of an address that is in our subnet but not in our ranges is left to whoever gave it', () => {
    const heard = new Box().hear(message(3, asks('10.0.0.50')));
    expect(heard.event).toBe('request ignored');
    expect(heard.reasons).toEqual(['10.0.0.50 is in no range of 10.0.0.0/24']);
  });

  test('of a free address of ours that we have no record of is granted: the ranges are ours alone', () => {
    expect(new Box().hear(message(3, asks('10.0.0.102'))).yiaddr).toBe('10.0.0.102');
  });

  test('a server that is not authoritative is silent about strangers and wrong addresses', () => {
    const box = new Box();
    box.settings = { ...box.settings, authoritative: false };
    expect(box.hear(message(3, asks('10.0.0.102'))).reasons).toEqual([
      'this server has no record of the machine',
    ]);
    expect(box.hear(message(3, asks('192.168.7.7'))).event).toBe('request ignored');
  });

  test('of a new address frees the old one, also in the store', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    const other = yiaddr === '10.0.0.100' ? '10.0.0.101' : '10.0.0.100';
    box.hear(message(3, asks(other)));
    expect(box.saved.slice(1).map(({ address: one, state }) => `${toText(one)} ${state}`)).toEqual([
      `${yiaddr} released`,
      `${other} bound`,
    ]);
    expect(box.hear(message(1, asks(yiaddr), { mac: PC2 })).yiaddr).toBe(yiaddr);
    box.restart();
    expect(box.hear(message(1)).yiaddr).toBe(other);
  });
});

describe('REQUEST in RENEWING and REBINDING', () => {
  test('is acknowledged to the address itself, and lasts from now on', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    box.now += HOUR / 2;
    box.from = yiaddr;
    const ack = box.hear(message(3, {}, { ciaddr: yiaddr }));
    expect(ack.event).toBe('ack answered');
    expect(ack.to).toBe(`${yiaddr}:68`);
    expect(toText(ack.packet.ciaddr)).toBe(yiaddr);
    expect(box.saved.at(-1)?.expiresAt).toBe(START + HOUR / 2 + HOUR);
  });

  test('is broadcast where the machine does not send from the address it claims', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    expect(box.hear(message(3, {}, { ciaddr: yiaddr })).to).toBe('255.255.255.255:68');
  });

  test('of an address that went to another machine meanwhile is refused by broadcast', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    box.now += 2 * HOUR;
    box.hear(message(3, asks(yiaddr), { mac: PC2 }));
    box.from = yiaddr;
    const nak = box.hear(message(3, {}, { ciaddr: yiaddr }));
    expect(nak.event).toBe('nak refused');
    expect(nak.to).toBe('255.255.255.255:68');
    expect(nak.packet.ciaddr).toBe(0);
  });

  test('by unicast from behind a router, without relay, is taken by its own subnet', () => {
    const box = new Box();
    box.from = '10.1.0.10';
    const ack = box.hear(message(3, {}, { ciaddr: '10.1.0.10' }));
    expect(ack.yiaddr).toBe('10.1.0.10');
    expect(ack.hex(28)).toBe('0a0100ff');
    expect(ack.to).toBe('10.1.0.10:68');
  });
});

describe('a machine in its boot is not refused where it can be served', () => {
  test.each([
    ['firmware', UEFI],
    ['iPXE', IPXE],
  ])('%s gets the address that its own system holds under a client identifier', (_name, options) => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1, { 61: Buffer.from('ff0001', 'hex') });
    const ack = box.hear(message(3, { ...options, ...US, ...asks(yiaddr) }));
    expect(ack.event).toBe('ack answered');
    expect(box.hear(message(3, { ...US, ...asks(yiaddr) }, { mac: PC2 })).event).toBe('nak refused');
  });

  test('but two systems with two client identifiers on one MAC do not get each other’s', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1, { 61: Buffer.from('ff0001', 'hex') });
    const other = { 61: Buffer.from('ff0002', 'hex') };
    expect(box.hear(message(3, { ...other, ...US, ...asks(yiaddr) })).event).toBe('nak refused');
  });

  test('four machines at once and a pool of five: each is offered and gets its own', () => {
    const box = new Box();
    const macs = [1, 2, 3, 4].map((n) => `52:54:00:77:02:0${n}`);
    const offers = macs.map((mac) => box.hear(message(1, IPXE, { mac })).yiaddr);
    const acks = macs.map((mac, n) =>
      box.hear(message(3, { ...IPXE, ...US, ...asks(offers[n] ?? '') }, { mac })),
    );
    expect(acks.map(({ event }) => event)).toEqual(Array(4).fill('ack answered'));
    expect(new Set(acks.map(({ yiaddr }) => yiaddr)).size).toBe(4);
  });
});

describe('RELEASE', () => {
  test('frees the address at once, without an answer; the machine gets it again if nobody took it', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    const heard = box.hear(message(7, US, { ciaddr: yiaddr }));
    expect(heard.event).toBe('release answered');
    expect(heard.isSilent).toBe(true);
    expect(box.saved.at(-1)).toMatchObject({ state: 'released', expiresAt: START });
    box.restart();
    expect(box.hear(message(1)).yiaddr).toBe(yiaddr);
  });

  test('of what is not its own is ignored, with all reasons', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    const heard = box.hear(message(7, ELSEWHERE, { mac: PC2, ciaddr: yiaddr }));
    expect(heard.reasons).toEqual(['it is meant for 10.0.0.9', `${yiaddr} is not leased to this machine`]);
    expect(box.saved).toHaveLength(1);
  });
});

describe('DECLINE', () => {
  test('sets the address aside for a day; the machine gets another', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    const heard = box.hear(message(4, { ...US, ...asks(yiaddr) }));
    expect(heard.event).toBe('decline answered');
    expect(heard.reasons).toEqual([`something else on the network uses ${yiaddr}: set aside for 24 h`]);
    box.restart();
    expect(box.hear(message(1)).yiaddr).not.toBe(yiaddr);
    expect(box.hear(message(3, asks(yiaddr))).reasons).toEqual([`${yiaddr} was found in use`]);
    box.now += 24 * HOUR;
    expect(box.hear(message(1, asks(yiaddr), { mac: PC2 })).yiaddr).toBe(yiaddr);
  });

  test('of an address that was not given to it is ignored: nobody empties the pool', () => {
    const box = new Box();
    const { yiaddr } = box.lease(PC1);
    const heard = box.hear(message(4, { ...US, ...asks(yiaddr) }, { mac: PC2 }));
    expect(heard.reasons).toEqual([`${yiaddr} was not given to this machine`]);
    expect(box.hear(message(4, US)).reasons).toEqual(['it names no address (option 50)']);
    expect(box.saved).toHaveLength(1);
  });
});

describe('INFORM', () => {
  test('is told about the network, but no address and no times', () => {
    const box = new Box();
    box.from = '10.0.0.60';
    const ack = box.hear(message(8, {}, { ciaddr: '10.0.0.60' }));
    expect(ack.event).toBe('inform answered');
    expect(ack.hex(53)).toBe('05');
    expect(ack.yiaddr).toBe('0.0.0.0');
    expect(ack.to).toBe('10.0.0.60:68');
    expect(ack.hex(1)).toBe('ffffff00');
    expect([ack.hex(51), ack.hex(58), ack.hex(59)]).toEqual([undefined, undefined, undefined]);
    expect(box.saved).toEqual([]);
  });

  test('through a relay is answered past the relay; without any address not at all', () => {
    const box = new Box();
    box.from = '10.1.0.1';
    expect(box.hear(message(8, {}, { ciaddr: '10.1.0.60', giaddr: '10.1.0.1' })).to).toBe('10.1.0.60:68');
    box.from = '10.0.0.61';
    expect(box.hear(message(8)).to).toBe('10.0.0.61:68');
    box.from = '0.0.0.0';
    expect(box.hear(message(8)).reasons).toEqual(['it has no address to answer to']);
  });

  test('from a network that is not ours is ignored', () => {
    const box = new Box();
    box.from = '192.168.7.7';
    expect(box.hear(message(8, {}, { ciaddr: '192.168.7.7' })).reasons).toEqual([
      '192.168.7.7 is not in 10.0.0.0/24',
    ]);
  });
});

describe('through a relay', () => {
  const RELAYED = { 82: Buffer.from('0104deadbeef0206525400770001', 'hex') };

  test("the relay's subnet counts, the answer goes to the relay, option 82 comes last and unchanged", () => {
    const offer = new Box().hear(message(1, RELAYED, { giaddr: '10.1.0.1' }));
    expect(offer.yiaddr).toMatch(/^10\.1\.0\.(10|11|20|21)$/);
    expect(offer.to).toBe('10.1.0.1:67');
    expect([...offer.packet.options.keys()].at(-1)).toBe(82);
    expect(offer.hex(82)).toBe('0104deadbeef0206525400770001');
    expect(offer.verdict.facts).toMatchObject({ giaddr: '10.1.0.1' });
  });

  test('a NAK asks the relay to broadcast it', () => {
    const nak = new Box().hear(message(3, { ...RELAYED, ...asks('10.0.0.100') }, { giaddr: '10.1.0.1' }));
    expect(nak.to).toBe('10.1.0.1:67');
    expect(nak.packet.flags).toBe(0x8000);
  });

  test('an unknown relay is ignored with its address', () => {
    expect(new Box().hear(message(1, {}, { giaddr: '10.9.0.1' })).reasons).toEqual([
      'relay 10.9.0.1 is in no subnet of dhcp.subnets',
    ]);
  });

  test('one machine keeps an address in each subnet', () => {
    const box = new Box();
    const here = box.lease(PC1).yiaddr;
    box.hear(message(3, asks('10.1.0.20'), { giaddr: '10.1.0.1' }));
    expect(box.hear(message(1)).yiaddr).toBe(here);
    expect(box.hear(message(1, {}, { giaddr: '10.1.0.1' })).yiaddr).toBe('10.1.0.20');
  });
});

describe('no machine, no answer', () => {
  test.each([
    ['a reply', { ...message(1), op: 2 }, ['op 2 is not a request']],
    ['hlen 0', { ...message(1), hlen: 0 }, ['a hardware address of 0 bytes names no machine']],
    ['hlen 16', { ...message(1), hlen: 16 }, ['a hardware address of 16 bytes names no machine']],
    ['zero MAC', message(1, {}, { mac: '00:00:00:00:00:00' }), ['the hardware address is all zero']],
    [
      'broadcast MAC',
      message(1, {}, { mac: 'ff:ff:ff:ff:ff:ff' }),
      ["ff:ff:ff:ff:ff:ff is a group address, not a machine's"],
    ],
    ['our own giaddr', message(1, {}, { giaddr: '10.0.0.2' }), ['the relay address 10.0.0.2 is our own']],
    ['an OFFER', message(2), ["OFFER is not a client's message"]],
    [
      'several at once',
      { ...message(5, {}, { mac: '00:00:00:00:00:00', giaddr: '10.0.0.1' }), op: 7 },
      [
        'op 7 is not a request',
        'the hardware address is all zero',
        'the relay address 10.0.0.1 is our own',
        "ACK is not a client's message",
      ],
    ],
  ])('%s', (_name, packet, reasons) => {
    const heard = new Box().hear(packet);
    expect(heard.event).toBe('ignored ignored');
    expect(heard.isSilent).toBe(true);
    expect(heard.reasons).toEqual(reasons);
  });
});

test('an interface that no subnet contains', () => {
  const box = new Box({
    ...SETTINGS,
    subnets: [{ network: '10.1.0.0/24', ranges: ['10.1.0.10-10.1.0.11'] }],
  });
  expect(box.hear(message(1)).reasons).toEqual(['eth0 (10.0.0.1) is in no subnet of dhcp.subnets']);
});

test('a boot file is no reason to refuse a machine: it gets its address and the record says what is missing', () => {
  const box = new Box();
  box.files = [];
  const ack = box.lease(PC1, BIOS);
  expect(ack.event).toBe('ack answered');
  expect(ack.reasons).toEqual(['no boot file for arch 0: import one (undionly.kpxe, for BIOS)']);
  expect([ack.file, ack.hex(67), ack.packet.siaddr]).toEqual(['', undefined, 0]);
});

import { expect, test } from 'vitest';
import { decode } from '#services/dhcp/packet.js';
import { summary } from '#services/dhcp/summary.js';
import { IPXE_EFI_DISCOVER, IPXE_ROM_DISCOVER, OVMF_DISCOVER, OVMF_REQUEST } from './captured.js';
import { message, reply } from './scene.js';

const of = (bytes: Buffer) => {
  const decoded = decode(bytes);
  return decoded.ok ? summary(decoded.packet) : decoded.reason;
};

test.each([
  [
    'iPXE ROM',
    IPXE_ROM_DISCOVER,
    'DISCOVER 52:54:00:aa:00:01 xid 1a106757 class "PXEClient:Arch:00000:UNDI:002001" user class "iPXE" arch 0 options 53 55 57 60 61 77 93 94 97 175',
  ],
  [
    'OVMF',
    OVMF_DISCOVER,
    'DISCOVER 52:54:00:aa:00:02 xid 0d3dff50 class "PXEClient:Arch:00007:UNDI:003000" arch 7 options 53 55 57 60 93 94 97',
  ],
  [
    'OVMF REQUEST',
    OVMF_REQUEST,
    'REQUEST 52:54:00:aa:00:02 xid 0d3dff50 asks for 10.77.0.177 server 10.77.0.1 class "PXEClient:Arch:00007:UNDI:003000" arch 7 options 50 53 54 55 57 60 93 94 97',
  ],
  [
    'iPXE EFI',
    IPXE_EFI_DISCOVER,
    'DISCOVER 52:54:00:aa:00:02 xid 0771a45e class "PXEClient:Arch:00007:UNDI:003010" user class "iPXE" arch 7 options 53 55 57 60 61 77 93 94 97 175',
  ],
])('%s', (_name, bytes, line) => {
  expect(of(bytes)).toBe(line);
});

test('an ACK through a relay', () => {
  expect(
    summary(
      reply({
        type: 5,
        yiaddr: '10.0.0.100',
        siaddr: '10.0.0.1',
        giaddr: '10.0.0.254',
        file: 'undionly.kpxe',
      }),
    ),
  ).toBe(
    'ACK 52:54:00:77:00:01 xid 1a2b3c4d yiaddr 10.0.0.100 siaddr 10.0.0.1 giaddr 10.0.0.254 file "undionly.kpxe" options 53',
  );
});

test('hostile text is quoted and made harmless', () => {
  expect(summary(message(1, { 60: Buffer.from('a"\n\x1b[2J\xff', 'latin1') }))).toBe(
    'DISCOVER 52:54:00:77:00:01 xid 1a2b3c4d class "a\\"??[2J?" options 53 60',
  );
});

test.each([
  ['BOOTP', { ...message(1), options: new Map() }, 'BOOTP 52:54:00:77:00:01 xid 1a2b3c4d'],
  ['an unknown type', message(13), 'type 13 52:54:00:77:00:01 xid 1a2b3c4d options 53'],
  [
    'no hardware address',
    { ...message(1), hlen: 0 },
    'DISCOVER without hardware address xid 1a2b3c4d options 53',
  ],
  [
    'an op that does not fit',
    { ...message(1), op: 2 },
    'DISCOVER 52:54:00:77:00:01 xid 1a2b3c4d op 2 options 53',
  ],
])('%s', (_name, packet, line) => {
  expect(summary(packet)).toBe(line);
});

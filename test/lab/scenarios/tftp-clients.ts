/** TFTP by firmware: iPXE and OVMF fetch files of every delicate size, and what they have is compared byte by byte. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../process.js';
import type { Lab, Scenario } from '../scenario.js';
import { noteMatrix, packageVersion, type Row, SIZE_NAMES, SIZES, type Size } from '../tftp-matrix.js';
import { fogdSettings } from './segment.js';

/** The least that fogd can be told to allow at most: neither of them can be told which block size to ask for. */
const BLOCK = 512;
const IPXE = '/usr/lib/ipxe';

interface Served {
  readonly size: Size;
  readonly name: string;
  readonly content: Buffer;
}

async function serveAll(lab: Lab): Promise<Served[]> {
  const folder = join(lab.network.folder, 'served');
  mkdirSync(folder);
  const files = SIZE_NAMES.map((size, index): Served => {
    const file = { size, name: `f${index}`, content: randomBytes(SIZES[size](BLOCK)) };
    writeFileSync(join(folder, file.name), file.content);
    return file;
  });
  const settings = fogdSettings('server');
  const boot = { ...(settings.boot as object), file_folders: [folder, IPXE] };
  await lab.startFogd({ ...settings, boot, nfs: { enabled: false }, tftp: { max_block_size: BLOCK } });
  return files;
}

/** Every file whole in fogd's own eyes: as many bytes acknowledged as it has. Of an empty file iPXE acknowledges nothing. */
async function assertAcknowledged(lab: Lab, files: readonly Served[]): Promise<void> {
  await lab.finish();
  const rows = lab.fogd?.select<{ facts: string }>("SELECT facts FROM trace WHERE event = 'file-sent'") ?? [];
  const sent = rows.map(({ facts }) => JSON.parse(facts) as Record<string, unknown>);
  for (const { name, content } of files) {
    const complete = sent.filter(
      ({ file, outcome }) => file === name && String(outcome).startsWith('complete'),
    );
    assert.ok(
      complete.some(({ bytes }) => bytes === content.length),
      `${name} acknowledged whole: ${JSON.stringify(complete)}`,
    );
  }
}

function rowOf(version: string, files: readonly Served[], special: Row['cells']): Row {
  const cells = Object.fromEntries(files.map(({ size }) => [size, 'same']));
  return { version, blk: String(BLOCK), cells: { ...cells, ...special } };
}

/** iPXE keeps what it fetched in memory; that is written out by QEMU and searched for the files. */
async function byIpxe(lab: Lab): Promise<void> {
  const files = await serveAll(lab);
  const script = join(lab.network.folder, 'script.ipxe');
  const fetches = files.map(({ name }) => `imgfetch tftp://10.77.0.1/${name} || goto failed`);
  writeFileSync(
    script,
    ['#!ipxe', 'dhcp', ...fetches, 'imgstat', ':failed', 'echo that is all', 'shell', ''].join('\n'),
  );
  const pc = await lab.powerOn('bios', 'none', {
    memoryMiB: 320,
    extraArguments: ['-kernel', join(IPXE, 'ipxe.lkrn'), '-initrd', script],
  });
  await pc.screen.waitFor('that is all', 300_000);
  for (const { name, content } of files)
    assert.match(pc.screen.text, new RegExp(`^${name} : ${content.length} bytes`, 'm'));
  lab.step('iPXE has all files');
  const dump = join(lab.network.folder, 'memory');
  await pc.saveMemory(dump);
  await pc.powerOff();
  const memory = readFileSync(dump);
  // The shorter ones are as good as anywhere in memory; of them the length is what iPXE says.
  for (const { name, content } of files.filter(({ content }) => content.length > 1))
    assert.ok(memory.includes(content), `${name} is in the machine's memory, byte by byte`);
  await assertAcknowledged(lab, files);
  const length = 'same by the length that iPXE tells; its commands show no contents';
  noteMatrix('ipxe', { iPXE: rowOf(await packageVersion('ipxe'), files, { '1': length }) });
}

/** The shell in OVMF fetches through the firmware's own TFTP (MTFTP4), as its PXE does, and writes to a disk. */
async function byOvmf(lab: Lab): Promise<void> {
  const files = await serveAll(lab);
  const { folder } = lab.network;
  const disk = join(folder, 'fat.disk');
  const fetches = files.map(({ name }) => `tftp -s ${BLOCK} -w 16 10.77.0.1 ${name}`);
  const setUp = ['fs0:', 'ifconfig -s eth0 static 10.77.0.50 255.255.255.0 10.77.0.1'];
  writeFileSync(join(folder, 'startup.nsh'), [...setUp, ...fetches, 'echo that is all', ''].join('\r\n'));
  await mustRun(['truncate', '--size', '192M', disk]);
  await mustRun(['mkfs.vfat', '-F', '32', disk]);
  await mustRun(['mcopy', '-i', disk, join(folder, 'startup.nsh'), '::']);
  const pc = await lab.powerOn('uefi', 'none', { diskPath: disk, memoryMiB: 320 });
  // Without a cable it gives up booting from the network at once, and comes to its shell.
  await pc.setCable(false);
  await pc.screen.waitFor('UEFI Interactive Shell', 120_000);
  await pc.setCable(true);
  await pc.screen.waitFor(/^that is all/m, 300_000);
  lab.step('OVMF has all files');
  await pc.powerOff();
  // It asks for the size first and insists on an answer; an empty file has none, since curl 7.88 takes "tsize 0" for an error.
  assert.match(pc.screen.text, /Unable to get the size of the file 'f0' on 'eth0' - Protocol Error/);
  const fetched = files.filter(({ content }) => content.length > 0);
  for (const { name, content } of fetched) {
    const copy = join(folder, `${name}.copy`);
    await mustRun(['mcopy', '-i', disk, `::${name}`, copy]);
    assert.ok(readFileSync(copy).equals(content), `${name} on the machine's disk, byte by byte`);
  }
  await assertAcknowledged(lab, fetched);
  const empty =
    'asks for the size first and insists on it; fogd tells none of an empty file, which curl would take for an error';
  noteMatrix('ovmf', { 'OVMF, window 16': rowOf(await packageVersion('ovmf'), fetched, { '0': empty }) });
}

const needs = ['fogd'] as const;

export const tftpClientScenarios: readonly Scenario[] = [
  {
    name: 'tftp-ipxe',
    title: 'iPXE fetches files of all sizes by TFTP, past the end of the block numbers too',
    needs,
    timeoutSeconds: 720,
    run: byIpxe,
  },
  {
    name: 'tftp-ovmf',
    title: 'OVMF fetches files of all sizes by TFTP in windows, past the end of the block numbers too',
    needs,
    timeoutSeconds: 720,
    run: byOvmf,
  },
];

/**
 * A disk that boots by itself on BIOS and on UEFI and prints `DISK BOOTED <nonce>` on the serial console:
 * the proof that firmware really handed over to the disk. Then it waits; any key reboots.
 *
 * Both programs are written here byte by byte (a boot sector, and an EFI application of 60 bytes of code),
 * so that the lab needs no assembler and no boot loader package.
 */
import { writeFileSync } from 'node:fs';

const SECTOR = 512;
const PARTITION_START = 2048;
const PARTITION_SECTORS = 32768;

/** The line that a booted disk prints. */
export function bootedLine(nonce: string): string {
  return `DISK BOOTED ${nonce}`;
}

/** Writes a raw image of 17 MiB (sparse) with an MBR and one EFI system partition (FAT16). */
export function writeBootDisk(path: string, nonce: string): void {
  const message = messageOf(nonce);
  const image = Buffer.alloc((PARTITION_START + PARTITION_SECTORS) * SECTOR);
  masterBootRecord(message).copy(image);
  fatWithLoader(efiApplication(message)).copy(image, PARTITION_START * SECTOR);
  writeFileSync(path, image);
}

/** The first 440 bytes of a disk that prints the line on BIOS; disk signature and table come behind them. */
export function bootCode(nonce: string): Buffer {
  return masterBootRecord(messageOf(nonce)).subarray(0, 440);
}

/** An EFI application that prints the line: \EFI\BOOT\BOOTX64.EFI. */
export function bootLoader(nonce: string): Buffer {
  return efiApplication(messageOf(nonce));
}

function messageOf(nonce: string): string {
  if (!/^[\w-]{1,40}$/.test(nonce)) throw new Error(`a nonce is 1 to 40 letters and digits: ${nonce}`);
  return `\r\n${bootedLine(nonce)}\r\n`;
}

function masterBootRecord(message: string): Buffer {
  const sector = Buffer.alloc(SECTOR);
  // biome-ignore format: one instruction a line
  const code = Buffer.from([
    0xfa,                   //        cli
    0x31, 0xc0,             //        xor  ax, ax
    0x8e, 0xd8,             //        mov  ds, ax
    0x8e, 0xd0,             //        mov  ss, ax
    0xbc, 0x00, 0x7c,       //        mov  sp, 0x7c00
    0xfb, 0xfc,             //        sti; cld
    0xbe, 0x00, 0x00,       //        mov  si, message       (filled in below)
    0xac,                   // next:  lodsb
    0x84, 0xc0,             //        test al, al
    0x74, 0x09,             //        jz   wait
    0xb4, 0x0e,             //        mov  ah, 0x0e
    0xbb, 0x07, 0x00,       //        mov  bx, 7
    0xcd, 0x10,             //        int  0x10              (teletype; SeaBIOS mirrors it to the serial port)
    0xeb, 0xf2,             //        jmp  next
    0xb4, 0x00,             // wait:  mov  ah, 0
    0xcd, 0x16,             //        int  0x16              (sleeps until a key comes)
    0xb0, 0xfe,             //        mov  al, 0xfe
    0xe6, 0x64,             //        out  0x64, al          (keyboard controller: reset)
    0xf4, 0xeb, 0xfd,       //        hlt; jmp $-1
  ]);
  code.writeUInt16LE(0x7c00 + code.length, 13);
  code.copy(sector);
  sector.write(`${message}\0`, code.length, 'latin1');
  // One active partition of type 0xef (EFI system), addressed by LBA only.
  sector.set([0x80, 0xfe, 0xff, 0xff, 0xef, 0xfe, 0xff, 0xff], 446);
  sector.writeUInt32LE(PARTITION_START, 454);
  sector.writeUInt32LE(PARTITION_SECTORS, 458);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** A PE32+ image of one section: entry code at its start, the message (UTF-16) behind it. */
function efiApplication(message: string): Buffer {
  // Calling convention of UEFI: rcx, rdx are the first arguments, 32 bytes of shadow space, stack 16-aligned.
  // biome-ignore format: one instruction a line
  const code = Buffer.from([
    0x48, 0x83, 0xec, 0x38,             //        sub  rsp, 56
    0x48, 0x89, 0xd3,                   //        mov  rbx, rdx          (system table)
    0x48, 0x8b, 0x4b, 0x40,             //        mov  rcx, [rbx+0x40]   (ConOut)
    0x48, 0x8d, 0x15, 0, 0, 0, 0,       //        lea  rdx, [rip+message]
    0xff, 0x51, 0x08,                   //        call [rcx+8]           (OutputString)
    0x48, 0x8b, 0x43, 0x30,             //        mov  rax, [rbx+0x30]   (ConIn)
    0x48, 0x8b, 0x40, 0x10,             //        mov  rax, [rax+0x10]   (WaitForKey)
    0x48, 0x89, 0x44, 0x24, 0x28,       //        mov  [rsp+40], rax
    0xb9, 0x01, 0x00, 0x00, 0x00,       //        mov  ecx, 1
    0x48, 0x8d, 0x54, 0x24, 0x28,       //        lea  rdx, [rsp+40]
    0x4c, 0x8d, 0x44, 0x24, 0x20,       //        lea  r8, [rsp+32]
    0x48, 0x8b, 0x43, 0x60,             //        mov  rax, [rbx+0x60]   (boot services)
    0xff, 0x50, 0x60,                   //        call [rax+0x60]        (WaitForEvent)
    0x31, 0xc9, 0x31, 0xd2,             //        xor  ecx, ecx; xor edx, edx   (cold reset, success)
    0x4d, 0x31, 0xc0, 0x4d, 0x31, 0xc9, //        xor  r8, r8; xor r9, r9
    0x48, 0x8b, 0x43, 0x58,             //        mov  rax, [rbx+0x58]   (runtime services)
    0xff, 0x50, 0x68,                   //        call [rax+0x68]        (ResetSystem)
    0xf4, 0xeb, 0xfd,                   //        hlt; jmp $-1
  ]);
  code.writeInt32LE(code.length - 18, 14);
  const text = Buffer.concat([code, Buffer.from(`${message}\0`, 'utf16le')]);
  const image = Buffer.alloc(2 * SECTOR);
  image.write('MZ', 0, 'latin1');
  image.writeUInt32LE(0x40, 0x3c);
  image.write('PE\0\0', 0x40, 'latin1');
  image.writeUInt16LE(0x8664, 0x44); // machine: x86-64
  image.writeUInt16LE(1, 0x46); // sections
  image.writeUInt16LE(0xf0, 0x54); // size of the optional header
  image.writeUInt16LE(0x022e, 0x56); // executable, large addresses, line numbers/symbols/debug stripped
  const optional = 0x58;
  image.writeUInt16LE(0x20b, optional); // PE32+
  image.writeUInt32LE(SECTOR, optional + 4); // size of code
  image.writeUInt32LE(0x1000, optional + 16); // entry point
  image.writeUInt32LE(0x1000, optional + 20); // base of code
  image.writeUInt32LE(0x1000, optional + 32); // section alignment
  image.writeUInt32LE(SECTOR, optional + 36); // file alignment
  image.writeUInt32LE(0x2000, optional + 56); // size of image
  image.writeUInt32LE(SECTOR, optional + 60); // size of headers
  image.writeUInt16LE(10, optional + 68); // subsystem: EFI application
  image.writeUInt32LE(16, optional + 108); // data directories, all empty: position-independent code
  const section = optional + 0xf0;
  image.write('.text', section, 'latin1');
  image.writeUInt32LE(text.length, section + 8);
  image.writeUInt32LE(0x1000, section + 12);
  image.writeUInt32LE(SECTOR, section + 16);
  image.writeUInt32LE(SECTOR, section + 20);
  image.writeUInt32LE(0x60000020, section + 36); // code, execute, read
  text.copy(image, SECTOR);
  return image;
}

/** A FAT16 volume that holds exactly \EFI\BOOT\BOOTX64.EFI. */
function fatWithLoader(loader: Buffer): Buffer {
  const fatSectors = 128;
  const rootEntries = 512;
  const volume = Buffer.alloc(PARTITION_SECTORS * SECTOR);
  volume.set([0xeb, 0x3c, 0x90], 0);
  volume.write('FOGDLAB ', 3, 'latin1');
  volume.writeUInt16LE(SECTOR, 11);
  volume.writeUInt8(1, 13); // sectors per cluster
  volume.writeUInt16LE(1, 14); // reserved sectors
  volume.writeUInt8(1, 16); // FATs
  volume.writeUInt16LE(rootEntries, 17);
  volume.writeUInt16LE(PARTITION_SECTORS, 19);
  volume.writeUInt8(0xf8, 21);
  volume.writeUInt16LE(fatSectors, 22);
  volume.writeUInt32LE(PARTITION_START, 28);
  volume.writeUInt8(0x80, 36);
  volume.writeUInt8(0x29, 38);
  volume.write('FOGD LAB   FAT16   ', 43, 'latin1');
  volume.writeUInt16LE(0xaa55, 510);

  const fat = SECTOR;
  const root = SECTOR * (1 + fatSectors);
  const data = root + rootEntries * 32;
  const cluster = (number: number): number => data + (number - 2) * SECTOR;
  const loaderClusters = Math.ceil(loader.length / SECTOR);
  // Clusters: 2 = \EFI, 3 = \EFI\BOOT, 4.. = the loader.
  const chain = [0xfff8, 0xffff, 0xffff, 0xffff];
  for (let index = 1; index <= loaderClusters; index++) {
    chain.push(index === loaderClusters ? 0xffff : 4 + index);
  }
  chain.forEach((next, index) => {
    volume.writeUInt16LE(next, fat + 2 * index);
  });
  const entry = (at: number, name: string, directory: boolean, first: number, size: number): void => {
    volume.write(name.padEnd(11), at, 'latin1');
    volume.writeUInt8(directory ? 0x10 : 0x20, at + 11);
    volume.writeUInt16LE(first, at + 26);
    volume.writeUInt32LE(size, at + 28);
  };
  entry(root, 'EFI', true, 2, 0);
  entry(cluster(2), '.', true, 2, 0);
  entry(cluster(2) + 32, '..', true, 0, 0);
  entry(cluster(2) + 64, 'BOOT', true, 3, 0);
  entry(cluster(3), '.', true, 3, 0);
  entry(cluster(3) + 32, '..', true, 2, 0);
  entry(cluster(3) + 64, 'BOOTX64 EFI', false, 4, loader.length);
  loader.copy(volume, cluster(4));
  return volume;
}

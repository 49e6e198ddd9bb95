/**
 * The message in a block of PKCS #1 v1.5 (RFC 8017 section 7.2.2: `00 02`, at least eight random bytes, `00`, the message), or `otherwise`
 * where the block is not one, or its message not `otherwise.length` bytes long where `exact`. Nobody is told which: an answer or a time that
 * differs would let a stranger decrypt what he recorded (Bleichenbacher 1998), one question after the other. So every byte is looked at,
 * whatever those before it were, and both results are copied.
 */
export function unpad(block: Uint8Array, otherwise: Uint8Array, exact: boolean): Buffer {
  const length = block.length;
  let bad = (block[0] ?? 1) | ((block[1] ?? 0) ^ 2);
  // Where the first zero after the head is; 0 while there is none.
  let end = 0;
  for (let index = 2; index < length; index++) {
    const isZero = maskOfZero(block[index] ?? 0);
    const isFirst = isZero & maskOfZero(end);
    end |= index & isFirst;
  }
  bad |= maskOfZero(end) & 1;
  bad |= (end - 10) >>> 31;
  const size = length - end - 1;
  if (exact) bad |= size ^ otherwise.length;
  const isBad = ~maskOfZero(bad);
  const longest = Math.max(length, otherwise.length);
  const out = Buffer.alloc(longest);
  // A read behind the end of an array takes longer, and how many there were would tell where the message begins: so both go on as zeros.
  const messages = extended(block, length + longest);
  const others = extended(otherwise, longest);
  for (let index = 0; index < longest; index++) {
    const message = messages[end + 1 + index] as number;
    const other = others[index] as number;
    out[index] = (message & ~isBad) | (other & isBad);
  }
  return out.subarray(0, (size & ~isBad) | (otherwise.length & isBad));
}

function extended(bytes: Uint8Array, length: number): Buffer {
  const longer = Buffer.alloc(length);
  longer.set(bytes);
  return longer;
}

/** All ones for 0, 0 for every other number of 31 bits. */
function maskOfZero(value: number): number {
  return ((value - 1) & ~value) >> 31;
}

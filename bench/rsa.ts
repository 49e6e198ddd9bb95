/** What one thread can do: raw RSA decryptions in a second. `node rsa.js BITS SECONDS` */
import { constants, generateKeyPairSync, privateDecrypt, publicEncrypt } from 'node:crypto';

const [bits = 4096, seconds = 2] = process.argv.slice(2).map(Number);
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: bits });
const sealed = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.alloc(64, 1));
const start = performance.now();
let count = 0;
for (; performance.now() - start < seconds * 1_000; count++)
  privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, sealed);
process.stdout.write(`${(count * 1_000) / (performance.now() - start)}\n`);

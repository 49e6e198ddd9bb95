import { generateKeyPairSync } from 'node:crypto';
import { argv, stdout } from 'node:process';

/** Makes one RSA key in a process of its own (key-maker.ts). Argument: its size in bits. Prints it as PEM. */
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: Number(argv[2]),
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
stdout.write(privateKey);

import { defineErrors } from '#errors.js';

export const pkiErrors = defineErrors({
  PKI_KEY_READABLE: {
    message: 'the private key {file} can be read by others (mode {mode})',
    remedy: 'run: chmod {right} {file} (if strangers may have read it, replace the key, too)',
    status: 503,
  },
  PKI_FILE_DAMAGED: {
    message: '{file} cannot be used ({reason})',
    remedy: 'restore it from a backup; FOG Clients trust the certificate authority in it and no other',
    status: 503,
  },
  PKI_PAIR_BAD: {
    message: '{certificate} and {key} cannot be used for HTTPS ({reason})',
    remedy: 'put a certificate and its private key there, PEM, readable for the user that runs fogd',
    status: 503,
  },
  PKI_AUTHORITY_LOST: {
    message: 'the certificate authority {file} is gone, but certificates that it issued are there',
    remedy:
      'restore it from a backup; to begin again without it, which every installed FOG Client would refuse, empty the folder {folder}',
    status: 503,
  },
  PKI_FOLDER: {
    message: 'the folder of the certificates {folder} cannot be used ({reason})',
    remedy: 'give it to the user that runs fogd, and free space on its disk',
    status: 503,
  },
  PKI_KEY_NOT_MADE: {
    message: 'no private key could be made ({reason})',
    remedy: 'look at the log; fogd tries again by itself',
    status: 503,
  },
  PKI_CLOCK: {
    message: 'the clock of this machine says {date}: certificates of that time would be good for nothing',
    remedy: 'set the clock; fogd makes them as soon as it is right',
    status: 503,
  },
  PKI_NOT_READY: {
    message: 'the certificate authority is not ready',
    remedy: 'wait until fogd status shows the service certificates as running',
    status: 503,
  },
  PKI_IS_OFFLINE: {
    message: 'the key of the certificate authority is not in use',
    remedy: 'it is where it was taken to, or still in {file}; take it into use with: fogd pki online FILE',
    status: 409,
  },
  PKI_IMPORT_BAD: {
    message: 'these keys are not taken: {reason}',
    remedy:
      'take CA/.fogCA.pem, CA/.fogCA.key and .srvprivate.key from the same FOG server (/opt/fog/snapins/ssl); nothing was changed',
    status: 422,
  },
});

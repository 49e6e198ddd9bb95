import { defineErrors } from '#errors.js';

export const downloadErrors = defineErrors({
  DOWNLOAD_FAILED: {
    message: '{url} could not be fetched: {reason}',
    remedy:
      'look at the address, and whether this machine may reach it; or fetch it elsewhere and name the file',
    status: 502,
  },
});

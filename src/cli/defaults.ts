/** Where the daemon of the systemd unit keeps everything it knows. */
export const DEFAULT_STATE = '/var/lib/fogd';
/** Its settings file. */
export const DEFAULT_CONFIG = '/etc/fogd/fogd.toml';

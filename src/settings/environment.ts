/** What the service manager tells fogd through the environment; nothing else of it is read. */
export interface ServiceEnvironment {
  /** Socket of systemd for readiness messages (sd_notify(3)). */
  readonly notifySocket?: string;
}

export function serviceEnvironment(): ServiceEnvironment {
  const notifySocket = process.env.NOTIFY_SOCKET;
  return notifySocket ? { notifySocket } : {};
}

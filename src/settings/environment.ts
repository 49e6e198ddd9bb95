/** What the service manager tells fogd through the environment; nothing else of it is read. */
export interface ServiceEnvironment {
  /** Socket of systemd for readiness messages (sd_notify(3)). */
  readonly notifySocket?: string;
  /** Longest silence, in milliseconds, after which systemd takes fogd for hung and starts it anew (sd_watchdog_enabled(3)). */
  readonly watchdogMs?: number;
}

export function serviceEnvironment(): ServiceEnvironment {
  return readServiceEnvironment(process.env, process.pid);
}

/** The same from given variables. WATCHDOG_PID says whom the watchdog is for: a child inherits the variables, not the duty. */
export function readServiceEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  pid: number,
): ServiceEnvironment {
  const { NOTIFY_SOCKET: notifySocket, WATCHDOG_USEC: usec = '', WATCHDOG_PID: forPid } = environment;
  const isWatched = /^[1-9]\d{0,14}$/.test(usec) && (forPid === undefined || forPid === String(pid));
  return {
    ...(notifySocket ? { notifySocket } : {}),
    ...(notifySocket && isWatched ? { watchdogMs: Number(usec) / 1_000 } : {}),
  };
}

import { describe, expect, it } from 'vitest';
import { readServiceEnvironment } from '#settings/environment.js';

const NOTIFY_SOCKET = '/run/systemd/notify';

describe('what the service manager says', () => {
  it.each([
    ['nothing', {}, {}],
    ['where to tell readiness', { NOTIFY_SOCKET }, { notifySocket: NOTIFY_SOCKET }],
    [
      'how long it waits for a sign of life',
      { NOTIFY_SOCKET, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '77' },
      { notifySocket: NOTIFY_SOCKET, watchdogMs: 30_000 },
    ],
    [
      'the same without saying to whom',
      { NOTIFY_SOCKET, WATCHDOG_USEC: '500000' },
      { notifySocket: NOTIFY_SOCKET, watchdogMs: 500 },
    ],
    [
      'a watchdog for another process',
      { NOTIFY_SOCKET, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '78' },
      { notifySocket: NOTIFY_SOCKET },
    ],
    ['a watchdog that nobody can answer', { WATCHDOG_USEC: '30000000' }, {}],
    ['nonsense', { NOTIFY_SOCKET, WATCHDOG_USEC: '-1e9' }, { notifySocket: NOTIFY_SOCKET }],
    ['zero, which is no watchdog', { NOTIFY_SOCKET, WATCHDOG_USEC: '0' }, { notifySocket: NOTIFY_SOCKET }],
  ])('%s', (_, variables, expected) => {
    expect(readServiceEnvironment(variables, 77)).toEqual(expected);
  });
});

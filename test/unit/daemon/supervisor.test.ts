import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Service } from '#daemon/service.js';
import { Supervisor } from '#daemon/supervisor.js';
import { defineErrors, type FogdError } from '#errors.js';
import { settle, VirtualClock } from '../virtual-clock.js';

const errors = defineErrors({ TAKEN: { message: 'port {port} is held', remedy: 'stop the holder' } });
const silent = pino({ level: 'silent' });

class FakeService implements Service {
  calls: string[] = [];
  failures = 0;
  fail: (error: FogdError) => void = () => undefined;

  constructor(readonly name: string) {}

  async start(fail: (error: FogdError) => void): Promise<void> {
    this.calls.push('start');
    this.fail = fail;
    if (this.failures > 0) {
      this.failures--;
      throw errors.TAKEN({ port: 67 });
    }
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
  }

  health() {
    return { state: 'ok', detail: 'fine' } as const;
  }
}

describe('supervisor', () => {
  it('keeps the others running when one cannot start, and names the remedy', async () => {
    const [dhcp, http] = [new FakeService('dhcp'), new FakeService('http')];
    dhcp.failures = 1;
    const supervisor = new Supervisor([dhcp, http], new VirtualClock(), silent);
    await supervisor.start();
    expect(supervisor.status()).toEqual([
      { name: 'dhcp', state: 'failed', detail: 'port 67 is held', remedy: 'stop the holder', code: 'TAKEN' },
      { name: 'http', state: 'running', detail: 'fine' },
    ]);
  });

  it('tries a failed service again with growing pauses', async () => {
    const clock = new VirtualClock();
    const dhcp = new FakeService('dhcp');
    dhcp.failures = 3;
    const supervisor = new Supervisor([dhcp], clock, silent);
    await supervisor.start();
    await clock.advance(1_999);
    expect(dhcp.calls).toEqual(['start', 'stop']);
    await clock.advance(1);
    await clock.advance(4_000);
    await clock.advance(8_000);
    expect(dhcp.calls).toEqual(['start', 'stop', 'start', 'stop', 'start', 'stop', 'start']);
    expect(supervisor.status()[0]?.state).toBe('running');
  });

  it('a failed service that is being tried again is still failed: a status in that moment said that all was well', async () => {
    const clock = new VirtualClock();
    const http = new FakeService('http');
    http.failures = 1;
    const supervisor = new Supervisor([http], clock, silent);
    await supervisor.start();
    let done = () => undefined as unknown;
    http.start = () => new Promise((resolve) => (done = () => resolve()));
    await clock.advance(2_000);
    expect(supervisor.status()[0]).toMatchObject({ state: 'failed', detail: 'port 67 is held' });
    done();
    await settle();
    expect(supervisor.status()[0]?.state).toBe('running');
  });

  it('stops and restarts a service that fails while it runs', async () => {
    const clock = new VirtualClock();
    const tftp = new FakeService('tftp');
    const supervisor = new Supervisor([tftp], clock, silent);
    await supervisor.start();
    tftp.fail(errors.TAKEN({ port: 69 }));
    await settle();
    expect(supervisor.status()[0]).toMatchObject({ state: 'failed', detail: 'port 69 is held' });
    await clock.advance(2_000);
    expect(tftp.calls).toEqual(['start', 'stop', 'start']);
    expect(supervisor.status()[0]?.state).toBe('running');
  });

  it('restarts at once what ran well, and with growing pauses what fails again and again', async () => {
    const clock = new VirtualClock();
    const nfs = new FakeService('nfs');
    const supervisor = new Supervisor([nfs], clock, silent);
    await supervisor.start();
    const starts = () => nfs.calls.filter((call) => call === 'start').length;
    const failAfter = async (ran: number, pause: number) => {
      await clock.advance(ran);
      const before = starts();
      nfs.fail(errors.TAKEN({ port: 2049 }));
      await settle();
      await clock.advance(pause - 1);
      expect(starts()).toBe(before);
      await clock.advance(1);
      expect(starts()).toBe(before + 1);
    };
    await failAfter(10_000, 100);
    await failAfter(500, 2_000);
    await failAfter(500, 4_000);
    await failAfter(10_000, 100);
    await failAfter(9_000, 2_000);
  });

  it('stops in reverse order and starts nothing afterwards', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    const named = (name: string) => {
      const service = new FakeService(name);
      service.stop = async () => {
        order.push(name);
      };
      return service;
    };
    const failing = named('dhcp');
    failing.failures = 9;
    const supervisor = new Supervisor([named('http'), named('tftp'), failing], clock, silent);
    await supervisor.start();
    await supervisor.stop();
    await clock.advance(100_000);
    expect(order.filter((name) => name !== 'dhcp')).toEqual(['tftp', 'http']);
    expect(failing.calls).toEqual(['start']);
    expect(supervisor.status().every(({ state }) => state === 'stopped')).toBe(true);
  });

  it('shows a fault of its own as a failure with a remedy, never as a stack', async () => {
    const broken = new FakeService('tftp');
    broken.start = () => Promise.reject(new TypeError('x is not a function'));
    const supervisor = new Supervisor([broken], new VirtualClock(), silent);
    await supervisor.start();
    expect(supervisor.status()[0]).toMatchObject({
      state: 'failed',
      code: 'UNEXPECTED',
      detail: 'tftp: x is not a function',
    });
  });
});

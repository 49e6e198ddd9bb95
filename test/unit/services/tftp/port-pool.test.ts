import { describe, expect, it } from 'vitest';
import { PortPool } from '#services/tftp/port-pool.js';
import type { Endpoint } from '#services/tftp/sockets.js';

const endpoint = (port: number): Endpoint => ({
  address: '127.0.0.1',
  port,
  sendError: undefined,
  send: () => undefined,
  sendAll: () => undefined,
  close: () => undefined,
});
const peer = (port: number) => ({ address: '10.0.0.9', port });

function poolOf(...ports: number[]) {
  const pool = new PortPool<string>();
  const endpoints = ports.map(endpoint);
  for (const each of endpoints) pool.add(each);
  return { pool, endpoints };
}

describe('PortPool', () => {
  it('fills one port after the other, so that what waits is read at once', () => {
    const { pool } = poolOf(1, 2, 3);
    const ports = Array.from({ length: 130 }, (_, client) => pool.place(peer(2000 + client), 'x')?.port);
    expect(ports).toEqual([...Array(64).fill(1), ...Array(64).fill(2), 3, 3]);
  });

  it('gives a client that asks again another port: late packets of what ended are not taken for the new transfer', () => {
    const { pool } = poolOf(1, 2);
    const placed = pool.place(peer(2070), 'a');
    if (!placed) throw new Error('not placed');
    pool.release(placed, peer(2070));
    expect(pool.place(peer(2070), 'b')?.port).toBe(2);
  });

  it('uses a port again where each had a transfer with this client lately', () => {
    const { pool } = poolOf(1);
    const placed = pool.place(peer(2070), 'a');
    if (!placed) throw new Error('not placed');
    pool.release(placed, peer(2070));
    expect(pool.place(peer(2070), 'b')?.port).toBe(1);
  });

  it('serves a thousand clients from four ports, evenly', () => {
    const { pool, endpoints } = poolOf(1, 2, 3, 4);
    const used = new Map<number, number>();
    for (let client = 0; client < 1000; client++) {
      const placed = pool.place(peer(2000 + client), `transfer ${client}`);
      if (placed) used.set(placed.port, (used.get(placed.port) ?? 0) + 1);
    }
    expect([...used.values()]).toEqual([250, 250, 250, 250]);
    const found = endpoints.map((each) => pool.find(each, peer(2007))).filter((each) => each !== undefined);
    expect(found).toEqual(['transfer 7']);
  });

  it('never gives one client two transfers on one port', () => {
    const { pool } = poolOf(1, 2);
    const ports = ['a', 'b', 'c'].map((transfer) => pool.place(peer(2070), transfer)?.port);
    expect(ports.sort()).toEqual([1, 2, undefined]);
  });

  it('tells the late packet of an ended transfer from a stranger', () => {
    const { pool } = poolOf(1);
    const placed = pool.place(peer(2070), 'a');
    if (!placed) throw new Error('not placed');
    expect(pool.hasEnded(placed, peer(2070))).toBe(false);
    pool.release(placed, peer(2070));
    expect(pool.find(placed, peer(2070))).toBeUndefined();
    expect(pool.hasEnded(placed, peer(2070))).toBe(true);
    expect(pool.hasEnded(placed, peer(2071))).toBe(false);
  });

  it('forgets ended transfers in the end', () => {
    const { pool, endpoints } = poolOf(1);
    const [only] = endpoints;
    if (!only) throw new Error('no endpoint');
    for (let client = 0; client < 2500; client++) {
      pool.place(peer(client), 'x');
      pool.release(only, peer(client));
    }
    expect(pool.hasEnded(only, peer(0))).toBe(false);
    expect(pool.hasEnded(only, peer(2499))).toBe(true);
  });

  it('hands over the transfers of a broken socket', () => {
    const { pool, endpoints } = poolOf(1);
    pool.place(peer(1), 'a');
    pool.place(peer(2), 'b');
    expect(endpoints[0] && pool.remove(endpoints[0])).toEqual(['a', 'b']);
    expect(pool.place(peer(3), 'c')).toBeUndefined();
  });
});

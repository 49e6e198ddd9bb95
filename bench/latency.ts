/**
 * Asks one URL at a steady pace and prints how long the answers took; GET where the body is empty. Runs in a network namespace (beside.ts).
 *
 *   node dist/bench/latency.js URL BODY RATE SECONDS
 */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [, , url = '', body = '', rate = '100', seconds = '10'] = process.argv;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const times: number[] = [];

function ask(): Promise<void> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const how = body === '' ? { agent } : { agent, method: 'POST', headers };
    const call = request(url, how, (answer) => {
      answer.resume();
      answer.once('end', () => {
        times.push(performance.now() - from);
        resolve();
      });
    });
    call.once('error', reject);
    call.end(body);
  });
}

const calls: Promise<void>[] = [];
const total = Number(rate) * Number(seconds);
const start = performance.now();
for (let n = 0; n < total; n++) {
  const due = start + (n * 1000) / Number(rate);
  if (due > performance.now()) await sleep(due - performance.now());
  calls.push(ask());
}
await Promise.all(calls);
agent.destroy();
times.sort((a, b) => a - b);
const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(2);
process.stdout.write(`${JSON.stringify({ p50: at(0.5), p99: at(0.99), max: times.at(-1)?.toFixed(2) })}\n`);

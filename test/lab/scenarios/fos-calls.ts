/** The calls of the imaging environment on the wire, against the goldens of test/fixtures/fos-wire. */
import assert from 'node:assert/strict';
import { differenceFromGolden, type GoldenValues } from '../golden-request.js';
import type { HttpRequest } from '../wire-http.js';

/** Only curl: iPXE's requests are left out. */
export function fosCalls(requests: readonly HttpRequest[]): HttpRequest[] {
  return requests.filter(({ raw }) => /^User-Agent: curl\//m.test(raw.toString('latin1')));
}

/** Each call is the golden of the same place to the byte, and none is missing or too many. */
export function assertFosCalls(
  calls: readonly HttpRequest[],
  goldens: readonly string[],
  values: GoldenValues,
): void {
  const seen = calls.map(({ method, target }) => `${method} ${target}`).join('\n');
  calls.forEach((call, index) => {
    const golden = goldens[index];
    assert.ok(golden, `more calls than ${goldens.join(', ')}:\n${seen}`);
    assert.equal(differenceFromGolden(golden, call, values), undefined, `calls:\n${seen}`);
  });
  assert.equal(calls.length, goldens.length, `of ${goldens.join(', ')} only:\n${seen}`);
}

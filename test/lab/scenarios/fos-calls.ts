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

/**
 * The calls of one boot that imaged a disk: in the order of the goldens, but for the progress reports, which may come at any time and are
 * all of their own golden.
 */
export function assertImagingCalls(
  calls: readonly HttpRequest[],
  goldens: readonly string[],
  values: GoldenValues,
): void {
  const isProgress = ({ target }: HttpRequest): boolean => target.endsWith('/service/progress.php');
  const progress = calls.filter(isProgress);
  assertFosCalls(
    calls.filter((call) => !isProgress(call)),
    goldens,
    values,
  );
  assert.ok(progress.length > 0, 'no progress was reported');
  assertFosCalls(
    progress,
    progress.map(() => 'imaging-progress'),
    values,
  );
}

/** By boot session, in the order of their first calls. */
export function bySession(calls: readonly HttpRequest[]): HttpRequest[][] {
  const boots = new Map<string, HttpRequest[]>();
  for (const call of calls) {
    const token = /^\/fog\/t\/([0-9a-f]+)\//.exec(call.target)?.[1] ?? '';
    boots.set(token, [...(boots.get(token) ?? []), call]);
  }
  return [...boots.values()];
}

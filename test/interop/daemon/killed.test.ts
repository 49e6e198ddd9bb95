import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEntry } from '#store/audit.js';
import { FogdUnderTest } from '../../lab/fogd.js';
import { LabNetwork } from '../../lab/network.js';
import { mustRun } from '../../lab/process.js';
import { type Change, type Place, STORIES, type Story } from './changes.js';
import { type Kept, whatIsKept } from './kept.js';

/**
 * fogd is killed (SIGKILL) again and again while people change things. What it has after its next start is compared with what they were told
 * and with the audit log.
 */

let network: LabNetwork;

beforeAll(async () => {
  network = await LabNetwork.create();
});
afterAll(() => network.close());

const KILLS = 8;
/** That are asked at the same time, each for one change after the other; every story has some of them. */
const PEOPLE = 2 * STORIES.length;

interface Asked extends Change {
  isAcknowledged: boolean;
}

/** All who change things, until fogd is gone. */
class People {
  readonly asked: Asked[] = [];
  #acknowledged = 0;
  #stories = 0;
  #isKilled = false;
  /** At which answer, and what is done then. */
  #until: { readonly count: number; readonly then: () => void } | undefined;

  constructor(private readonly place: Place) {}

  /** Kills fogd `milliseconds` after so many more changes were acknowledged. */
  async work(fogd: FogdUnderTest, count: number, milliseconds: number): Promise<void> {
    this.#isKilled = false;
    const reached = new Promise<void>((then) => {
      this.#until = { count: this.#acknowledged + count, then };
    });
    const all = Promise.all(
      Array.from({ length: PEOPLE }, (_, person) => this.#tell(STORIES[person % STORIES.length])),
    );
    await Promise.race([reached, all]);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    this.#isKilled = true;
    await fogd.kill();
    await all;
  }

  async #tell(story: Story | undefined): Promise<void> {
    while (story) {
      for (const change of story(this.place, this.#stories++)) {
        const asked = { ...change, isAcknowledged: false };
        this.asked.push(asked);
        try {
          await asked.ask();
        } catch (error) {
          if (this.#isKilled) return;
          throw error;
        }
        asked.isAcknowledged = true;
        this.#acknowledged++;
        if (this.#until && this.#acknowledged >= this.#until.count) this.#until.then();
      }
    }
  }
}

const words = ({ subject, summary }: AuditEntry) => `${subject} ${summary}`.split(/[ =,]+/);
const entriesOf = (change: Change, log: readonly AuditEntry[]) =>
  log.filter((entry) => entry.action === change.action && words(entry).includes(change.word));

/** What is wrong with a change, in words. */
function faults(change: Asked, kept: Kept): string[] {
  const [entry, ...others] = entriesOf(change, kept.log);
  const { isAcknowledged, isMade, isBegun = isMade, outside = false } = change;
  const made = isMade(kept);
  const rules: Array<[boolean, string]> = [
    [others.length > 0, 'has several entries'],
    [isAcknowledged && !made, 'was acknowledged, and is not there'],
    [isAcknowledged && entry?.outcome !== 'done', 'was acknowledged, and its entry does not say done'],
    [isBegun(kept) && entry === undefined, 'is there, and has no entry'],
    [entry?.outcome === 'done' && !made, 'is done by its entry, and is not there'],
    [entry?.outcome === 'failed', 'failed by its entry'],
    [entry?.outcome === 'begun' && !outside, 'is one transaction, and only begun by its entry'],
    [entry !== undefined && (entry.actor !== 'cli' || entry.at === 0), 'has nobody or no time'],
  ];
  const state = `${isAcknowledged ? 'acknowledged' : 'not answered'}, entry ${entry?.outcome ?? 'missing'}`;
  return rules.flatMap(([is, what]) =>
    is ? [`${change.action} ${change.word} ${what} (${state}, ${made ? 'made' : 'not made'})`] : [],
  );
}

describe('fogd that is killed while things are changed', () => {
  it('has each acknowledged change, each with its entry in the audit log, and no entry without its change', async () => {
    const options = {
      network,
      folder: network.folder,
      settings: { images: { reserve_mib: 0 }, nfs: { enabled: false } },
    };
    const folder = join(network.folder, 'given');
    mkdirSync(folder);
    let fogd = await FogdUnderTest.start(options);
    const people = new People({ state: fogd.state, folder });
    const look = () => whatIsKept(fogd, { state: fogd.state, folder });
    for (let kill = 0; kill < KILLS; kill++) {
      const before = people.asked.length;
      await people.work(fogd, 1 + 2 * kill ** 2, (kill * 3) % 8);
      fogd = await FogdUnderTest.start(options);
      const kept = await look();
      expect(people.asked.slice(before).flatMap((change) => faults(change, kept))).toEqual([]);
      expect(kept.wrong).toEqual([]);
    }
    const kept = await look();
    expect(people.asked.flatMap((change) => faults(change, kept))).toEqual([]);
    const known = new Set(people.asked.flatMap((change) => entriesOf(change, kept.log)));
    expect(kept.log.filter((entry) => !known.has(entry))).toEqual([]);
    // It was killed in the middle of changes, and of all kinds.
    const inDoubt = people.asked.filter(({ isAcknowledged }) => !isAcknowledged);
    expect(inDoubt.length).toBeGreaterThan(5 * KILLS);
    expect(new Set(people.asked.map(({ action }) => action)).size).toBeGreaterThan(15);
    const outcomes = inDoubt.map((change) => entriesOf(change, kept.log)[0]?.outcome);
    expect(new Set(outcomes)).toEqual(new Set([undefined, 'begun', 'done']));
    await fogd.stop();
    expect(await mustRun([process.execPath, FogdUnderTest.program, 'verify', '--state', fogd.state])).toBe(
      `${fogd.state}: OK\n`,
    );
  }, 60_000);
});

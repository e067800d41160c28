import { expect } from 'vitest';
import type { ReplayFilesOptions } from '../../src/app/replay/write-replay.ts';
import type { RuleEvent } from '../model/reference-model.ts';
import { publish, usualLog, type ReplayFixture } from './replay-fixture.ts';
import type { Ended } from './replay-run.ts';
import { replaySuite } from './replay-suite.ts';

/** The recording that tests of data faults put one bad line into. */
export const GOOD = usualLog(1_000);
/** How many good lines come before the bad one. */
export const HALF = 500;

type Options = Partial<ReplayFilesOptions>;
type Replayed = Ended & { fixture: ReplayFixture };

export const line = (event: object) => Buffer.from(`${JSON.stringify(event)}\n`);
export const linesOf = (events: readonly object[]) => Buffer.concat(events.map(line));

/** One line among 1,000 good ones, in the middle. */
export function among(bad: string | Buffer): Buffer {
  return Buffer.concat([linesOf(GOOD.slice(0, HALF)), Buffer.from(bad as string), linesOf(GOOD.slice(HALF))]);
}

/** A publish with a topic and a client id of its own. */
export const odd = (members: Partial<RuleEvent> = {}) => publish(9_000, { topic: 'odd', clientid: 'odd', ...members });

/** What the tests of data faults share: an engine, and runs over the good lines with something added to them. */
export function dataSuite() {
  const { open } = replaySuite();

  async function replay(content: string | Uint8Array, options: Options = {}, name?: string): Promise<Replayed> {
    const fixture = await open(content, name === undefined ? {} : { name });
    return { ...(await fixture.replay({ window: { events: 300, bytes: 1 << 20 }, ...options })), fixture };
  }

  /** The one bad line is rejected for this reason, and the good ones are in the tables. */
  async function expectRejected(
    bad: string | Buffer,
    reason: string,
    detail: RegExp = /./,
    options: Options = {},
  ): Promise<Replayed> {
    const replayed = await replay(among(bad), options);
    const { code, result, fixture } = replayed;
    expect([code, result?.rejected, result?.read]).toEqual([3, 1, GOOD.length + 1]);
    expect(fixture.recording.rejected()).toMatchObject([{ line: HALF + 1, reason }]);
    expect(fixture.recording.rejected()[0]!.detail).toMatch(detail);
    await fixture.expectEqual(GOOD);
    return replayed;
  }

  /** The odd line is applied like the others. */
  async function expectApplied(added: string | Buffer, event: RuleEvent, options: Options = {}): Promise<Replayed> {
    const replayed = await replay(among(added), options);
    expect([replayed.code, replayed.error]).toEqual([0, undefined]);
    await replayed.fixture.expectEqual([...GOOD.slice(0, HALF), event, ...GOOD.slice(HALF)]);
    return replayed;
  }

  return { open, replay, expectRejected, expectApplied };
}

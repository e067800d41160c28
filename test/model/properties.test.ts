import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planReplay } from '../../src/app/replay/plan-replay.ts';
import { renderImport } from '../../src/app/replay/render-import.ts';
import { findInput } from '../../src/files/input.ts';
import { FaultProxy } from '../harness/fault-proxy.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { asLines, replayOptionsOf } from '../harness/replay-run.ts';
import { temporaryFolder } from '../harness/run-command.ts';
import { ack, publish, ReplayFixture, usualLog } from '../harness/replay-fixture.ts';
import { SEED } from '../harness/seed.ts';
import { streamCount } from './model-suite.ts';
import { comparableRows, ReferenceModel, type RuleEvent } from './reference-model.ts';
import { drafts, eventsOf, runShape } from './streams.ts';

let engine: MemoryEngine;
beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());

const RUNS = streamCount(10);
const settings = { numRuns: RUNS, seed: SEED };

async function withFixture(events: readonly RuleEvent[], run: (fixture: ReplayFixture) => Promise<void>): Promise<void> {
  const fixture = await ReplayFixture.open(engine, events);
  try {
    await run(fixture);
  } finally {
    await fixture.close();
  }
}

describe('a replay', () => {
  it(`has the same effect when its end is applied again from anywhere (${RUNS} streams)`, () =>
    fc.assert(
      fc.asyncProperty(drafts, fc.nat(), fc.nat(), runShape, (stream, end, start, shape) => {
        const events = eventsOf(1, stream);
        const reached = end % (events.length + 1);
        const from = start % (reached + 1);
        return withFixture(events, async (fixture) => {
          const window = { events: shape.events, bytes: 1 << 20 };
          for (const part of [events.slice(0, reached), events.slice(from)]) {
            await fixture.rewrite(asLines(part));
            expect((await fixture.replay({ window })).code).toBe(0);
          }
          await fixture.expectEqual();
        });
      }),
      settings,
    ));

  it(`in shards, in any order, has the effect of the whole (${RUNS} streams)`, () =>
    fc.assert(
      fc.asyncProperty(drafts, fc.integer({ min: 1, max: 5 }), fc.boolean(), runShape, (stream, count, backwards, shape) =>
        withFixture(eventsOf(1, stream), async (fixture) => {
          const parts = Array.from({ length: count }, (_, index) => index + 1);
          for (const index of backwards ? parts.toReversed() : parts) {
            const { code, result } = await fixture.replay({
              shard: { index, count },
              window: { events: shape.events, bytes: 1 << 20 },
            });
            expect([code, result?.read]).toEqual([0, stream.length]);
          }
          await fixture.expectEqual();
        }),
      ),
      settings,
    ));

  it(`rendered for an import holds what it would have written (${RUNS} streams)`, () =>
    fc.assert(
      fc.asyncProperty(drafts, runShape, async (stream, shape) => {
        const events = eventsOf(1, stream);
        const place = temporaryFolder();
        const fixture = await ReplayFixture.open(engine, events);
        const folder = join(place.path, 'import');
        await renderImport({
          ...replayOptionsOf({ window: { events: shape.events, bytes: 1 << 20 }, rejects: join(place.path, 'rejects') }),
          inputs: [await findInput(fixture.recording.file)],
          folder,
        });
        const rows = readdirSync(folder, { recursive: true, encoding: 'utf8' })
          .filter((file) => file.endsWith('.json.gz'))
          .flatMap((file) => {
            const lines = gunzipSync(readFileSync(join(folder, file)))
              .toString('utf8')
              .split('\n')
              .filter(Boolean);
            const items = lines.map((line) => (JSON.parse(line) as { Item: object }).Item);
            return comparableRows(file.split('/')[0]!, items);
          });
        expect(rows.sort()).toEqual(new ReferenceModel().applyAll(events).rows());
        await fixture.close();
        place.remove();
      }),
      settings,
    ));

  it('as a dry run makes no call, and plans the writes that the real one makes', () =>
    withFixture(usualLog(300), async (fixture) => {
      const { code, stdout } = await fixture.commandWithout(['--dry-run']);
      expect([code, fixture.proxy.history]).toEqual([0, []]);
      const planned = JSON.parse(stdout) as { read: number; requests: number; writes: object };
      await fixture.expectUntouched();
      const { result } = await fixture.replay({ window: { events: 65_536, bytes: 64 << 20 } });
      expect(planned.writes).toEqual(result!.writer.tables);
      expect([planned.read, planned.requests]).toEqual([300, result!.writer.requests]);
      const plan = await planReplay(replayOptionsOf({ inputs: [await findInput(fixture.recording.file)] }));
      expect(plan.result.writer.tables).toEqual(result!.writer.tables);
    }));
});

describe('a topic whose set of ids is nearly full', () => {
  const change = fc.record({ id: fc.nat(11), kind: fc.constantFrom('add' as const, 'add' as const, 'remove' as const) });

  it(`takes the same ids as one at a time (${RUNS} streams)`, async () => {
    const topic = 'testtopic';
    const reader = connectTo(engine.endpoint);
    let [refused, streams] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 60, size: 'max' }),
        fc.nat(5),
        runShape,
        (changes, room, shape) => {
          const events = changes.map(({ id, kind }) =>
            kind === 'add' ? publish(id, { topic, payload: '' }) : ack(id, { topic }),
          );
          return withFixture(events, async (fixture) => {
            // one long id leaves room for so many more of 47 bytes
            const filler = 'x'.repeat(409_600 - 'topicMsgId'.length - topic.length - room * 47);
            const row = { topic: { S: topic }, MsgId: { SS: [filler] } };
            await reader.call('BatchWriteItem', {
              RequestItems: { [`${fixture.prefix}mqtt_topic_msg_map`]: [{ PutRequest: { Item: row } }] },
            });
            const model = new ReferenceModel();
            model.tables.mqtt_topic_msg_map.set(JSON.stringify([topic]), row);
            model.applyAll(events);
            const { result, error } = await fixture.replay({
              window: { events: shape.events, bytes: 1 << 20 },
              concurrency: shape.concurrency,
            });
            expect(error).toBeUndefined();
            expect(await fixture.rows()).toEqual(model.rows());
            // an id that the same window removes again is not refused
            const lines = fixture.recording.rejected().map((reject) => reject.line - 1);
            expect(model.full).toEqual(expect.arrayContaining(lines));
            refused += result!.rejected;
            streams += 1;
          });
        },
      ),
      settings,
    );
    reader.close();
    expect(streams).toBeGreaterThanOrEqual(RUNS);
    console.log(`full topic sets: ${streams} streams, ${refused} ids refused, the same ids every time (seed ${SEED})`);
  });
});

describe('the fault proxy', () => {
  it('passes on what it does not fail, and counts it', async () => {
    const proxy = await FaultProxy.start(engine.endpoint);
    const dynamo = connectTo(proxy.url);
    await createTables(dynamo, 'counted-');
    dynamo.close();
    expect(proxy.calls['CreateTable']).toBe(6);
    expect(
      proxy.history.filter(({ operation }) => operation === 'CreateTable').every(({ applied, acked }) => applied && acked),
    ).toBe(true);
    await proxy.stop();
  });
});

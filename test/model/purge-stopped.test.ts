import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { n, s, type Item } from '../../src/domain/item.ts';
import type { Asked, PurgeKind } from '../../src/domain/purge/selection.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { everything, refillTables, type Rows } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { DAY, endingAt, idAt, message, runPurge, takenBack, type CallEnding } from '../harness/purge-run.ts';
import { temporaryFolder } from '../harness/run-command.ts';

const NOW = Date.UTC(2024, 4, 4, 9, 15);
const OLD = NOW - 40 * DAY;

let engine: MemoryEngine;
let dynamo: Dynamo;
beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});

let folder: { path: string; remove(): void };
beforeEach(() => {
  folder = temporaryFolder();
  return () => folder.remove();
});

const ids = (topic: number, count: number, at: number) =>
  Array.from({ length: count }, (_, index) => idAt(at, BigInt(topic * 100 + index)));

/** Topics of every kind: large and small, old and new, with ids whose messages are gone, and messages that no map lists. */
function rows(): Rows {
  const listed = [7, 1, 2, 3, 1, 1].map((count, topic) => ({ topic: `t/${topic}`, ids: ids(topic, count, OLD) }));
  const fresh = { topic: 't/0', ids: ids(50, 2, NOW - 1_000) };
  const lost = ids(60, 2, OLD);
  const unlisted = [...ids(70, 5, OLD), ...ids(71, 1, NOW - DAY)];
  const odd: Item = {
    payload: { B: 'AP/+Bw==' },
    more: { M: { a: { NS: ['1', '12345678901234567890123456789012345678'] }, b: { NULL: true } } },
  };
  return {
    mqtt_msg: [
      ...listed.flatMap(({ topic, ids: own }) => own.map((id, index) => message(id, topic, index === 1 ? odd : {}))),
      ...fresh.ids.map((id) => message(id, fresh.topic)),
      ...unlisted.map((id, index) => message(id, `t/${index}`)),
    ],
    mqtt_topic_msg_map: [
      ...listed.map(({ topic, ids: own }, index) => ({
        topic: s(topic),
        MsgId: { SS: [...own, ...(topic === fresh.topic ? fresh.ids : []), ...(index === 2 ? lost : [])] },
      })),
      { topic: s('t/emptied') },
      { topic: s('t/list'), MsgId: { L: [s('x')] } },
    ],
    mqtt_retain: Array.from({ length: 8 }, (_, index) =>
      message(idAt(OLD, BigInt(index)), `r/${index}`, {
        retain: n(1),
        arrived: n(index % 4 === 3 ? NOW : OLD),
        ...(index === 2 ? odd : {}),
      }),
    ),
    mqtt_client: Array.from({ length: 8 }, (_, index) => ({
      clientid: s(`c-${index}`),
      connect_state: n(index % 4 === 3 ? 1 : 0),
      node: s('emqx@1'),
      online_at: n(OLD - 1),
      offline_at: n(index % 4 === 3 ? 0 : OLD),
    })),
    mqtt_acked: Array.from({ length: 8 }, (_, index) => ({
      topic: s(`t/${index % 3}`),
      clientid: s(`c-${index}`),
      msgid: s(idAt(OLD, BigInt(index))),
    })),
  };
}

const CASES: readonly (readonly [string, PurgeKind, Partial<Asked>])[] = [
  ['all messages', 'messages', { everything: true }],
  ['old messages', 'messages', { olderThanMs: 30 * DAY }],
  ['messages of a sender and a filter', 'messages', { client: 'sensor-1', topic: 't/#' }],
  ['old retained messages', 'retained', { olderThanMs: 30 * DAY }],
  ['clients that are away', 'clients', { offline: true, olderThanMs: 30 * DAY }],
  ['acks of a topic', 'acks', { topic: 't/1' }],
];
/** Every so many calls each case is stopped: at every one with MQDYN_TEST_PURGE=all. */
const STRIDE = process.env['MQDYN_TEST_PURGE'] === 'all' ? 1 : 13;
const WAYS: readonly CallEnding['how'][] = ['kill-before', 'kill-after', 'signal', 'reply-lost'];

describe('a purge that is stopped at any of its calls', () => {
  it.each(CASES.flatMap((each) => WAYS.map((how) => [how, ...each] as const)))('%s: %s', async (how, _name, kind, asked) => {
    await refillTables(dynamo, rows());
    const before = await everything(dynamo);
    const where = (name: string) => ({ kind, asked, now: NOW, folder: join(folder.path, name) });
    const undisturbed = temporaryFolder();
    const whole = await runPurge(dynamo, { kind, asked, now: NOW, folder: undisturbed.path });
    const after = await everything(dynamo);
    expect(after).not.toEqual(before);
    expect(readdirSync(undisturbed.path)).toEqual(['purge.journal']);
    expect(await takenBack(dynamo, whole.journal!)).toEqual([]);
    expect(await everything(dynamo)).toEqual(before);
    undisturbed.remove();

    let reached = true;
    let stops = 0;
    for (let call = 1; reached; call += STRIDE) {
      const own = temporaryFolder();
      const stop = new AbortController();
      const ended = endingAt(dynamo, { how, call }, stop);
      const at = { ...where('x'), folder: own.path };
      const first = await runPurge(ended.dynamo, at, { signal: stop.signal, retryForMs: 2_000 }).catch((error: unknown) => error);
      reached = ended.seen() >= call;
      if (first instanceof Error) {
        // a later clock: ages are those of the first run
        await runPurge(
          dynamo,
          { ...at, now: NOW + DAY },
          { resume: true, journal: { named: undefined, byDefault: join(own.path, 'second.journal') } },
        );
        stops += 1;
      }
      // a stop while the last calls are under way comes too late to leave anything
      else expect(how === 'reply-lost' || how === 'signal' || !reached).toBe(true);
      expect(existsSync(join(own.path, 'purge.checkpoint'))).toBe(false);
      expect(await everything(dynamo), `call ${call}`).toEqual(after);
      const journals = readdirSync(own.path).filter((name) => name.endsWith('.journal'));
      expect(journals).toHaveLength(1);
      expect(await takenBack(dynamo, join(own.path, journals[0]!)), `call ${call}`).toEqual([]);
      expect(await everything(dynamo), `call ${call}`).toEqual(before);
      own.remove();
    }
    if (how !== 'reply-lost') expect(stops).toBeGreaterThan(0);
  });
});

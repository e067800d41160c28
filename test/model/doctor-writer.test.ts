import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_RULES } from '../../src/domain/hooks/rules.ts';
import { isQueuedByRules } from '../../src/domain/integrity/queued.ts';
import { setOf, textOf, type Item } from '../../src/domain/item.ts';
import { KEYS } from '../../src/domain/records/tables.ts';
import { sameItem } from '../../src/domain/same-item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { damaged, DAMAGE_NOW, DAMAGES } from '../harness/damage.ts';
import { countsOf, lookAt, mend } from '../harness/doctor-run.ts';
import { emptyTables, fillTables, refillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { RandomWriter } from '../harness/random-writer.ts';
import { temporaryFolder } from '../harness/run-command.ts';

const ROUNDS = Number(process.env['MQDYN_TEST_BESIDE'] ?? 3);

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterEach(() => emptyTables(dynamo));
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

/** Damages whose items share no key with what the writer writes, and whose counts it cannot change. */
const NAMES = Object.keys(DAMAGES).filter((name) => !['nearLimit', 'ghost', 'seconds', 'inFlight'].includes(name));

/** The writer's ids are older than the grace window, so that nothing but the second reading can tell what is in flight. */
const AGO = DAMAGE_NOW - 3_600_000;

/** Empty items come and go with the acks of the writer, and its acks are older than what it publishes next. */
const COMING_AND_GOING = ['map_empty', 'ack_behind_queue'];

const SOUND = Array.from({ length: 12 }, () => 'sound');

/** Messages that are queued and sound. */
function queuedIn({ mqtt_msg, mqtt_topic_msg_map }: ReturnType<typeof damaged>['rows']) {
  const own = new Map(mqtt_msg.map((item) => [textOf(item, 'msgid')!, textOf(item, 'topic')]));
  return mqtt_topic_msg_map.flatMap((item) => {
    const topic = textOf(item, 'topic')!;
    return setOf(item, 'MsgId').flatMap((msgid) => (own.get(msgid) === topic ? [{ msgid, topic }] : []));
  });
}

describe('a broker that writes between any two calls', () => {
  it('makes no finding', async () => {
    let calls = 0;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const { rows, found } = damaged([...SOUND, ...NAMES], round);
      await refillTables(dynamo, rows);
      const topics = ['live/1', 'live/2', ...rows.mqtt_topic_msg_map.filter(isSound).map((item) => textOf(item, 'topic')!)];
      const sound = queuedIn(damaged(SOUND, round).rows);
      const writer = new RandomWriter(dynamo, { topics, queued: sound, now: AGO, seed: round });
      for (let look = 0; look < 3; look += 1) {
        const counts = countsOf(await lookAt(writer.interrupting(dynamo), { settle: () => writer.finish() }));
        for (const check of COMING_AND_GOING) {
          delete counts[check];
          delete found[check];
        }
        expect(counts).toEqual(found);
      }
      calls += writer.calls;
    }
    expect(calls).toBeGreaterThan(30 * ROUNDS);
  });

  it('wins every race against --fix: nothing that it wrote is lost or undone', async () => {
    for (let round = 1; round <= ROUNDS; round += 1) {
      await emptyTables(dynamo);
      const { rows } = damaged(
        [...SOUND, ...NAMES, ...Array.from({ length: 8 }, () => ['gone', 'unlisted', 'otherTopic']).flat()],
        100 + round,
      );
      await fillTables(dynamo, rows);
      // also messages that no topic lists: whoever received one while it was published acks it
      const unsound = rows.mqtt_topic_msg_map.filter((item) => !isSound(item)).map((item) => textOf(item, 'topic'));
      const queued = rows.mqtt_msg
        .filter((item) => isQueuedByRules(item, DEFAULT_RULES))
        .map((item) => ({ msgid: textOf(item, 'msgid')!, topic: textOf(item, 'topic')! }))
        .filter(({ topic }) => !unsound.includes(topic));
      const stored = new Set(rows.mqtt_msg.map((item) => textOf(item, 'msgid')));
      const restorable = rows.mqtt_topic_msg_map.flatMap((item) =>
        setOf(item, 'MsgId')
          .filter((msgid) => !stored.has(msgid))
          .map((msgid) => ({ msgid, topic: textOf(item, 'topic')! })),
      );
      const topics = ['live/1', ...rows.mqtt_topic_msg_map.filter(isSound).map((item) => textOf(item, 'topic')!)];
      const writer = new RandomWriter(dynamo, { topics, queued, restorable, now: AGO, seed: round });
      // once: a second run would mend what the first one broke
      const journal = join(folder.path, `${round}.journal`);
      await mend(writer.interrupting(dynamo), journal, { settle: () => writer.finish() });
      await writer.finish();
      await expectKept(writer);
    }
  });
});

function isSound({ MsgId }: Item): boolean {
  return MsgId === undefined || 'SS' in MsgId;
}

async function expectKept(writer: RandomWriter): Promise<void> {
  const messages = new Set((await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'msgid')));
  const listed = new Set<string>();
  for (const item of await scanAll(dynamo, 'mqtt_topic_msg_map')) {
    for (const id of setOf(item, 'MsgId')) listed.add(`${textOf(item, 'topic')!} ${id}`);
  }
  for (const { msgid, topic } of writer.waiting.values()) {
    expect(messages.has(msgid), msgid + topic).toBe(true);
    expect(listed.has(`${topic} ${msgid}`), JSON.stringify({ msgid, topic })).toBe(true);
  }
  for (const { msgid, topic } of writer.gone.values()) {
    expect(messages.has(msgid)).toBe(false);
    expect(listed.has(`${topic} ${msgid}`)).toBe(false);
  }
  const byKey = (items: readonly Item[], names: readonly string[]) =>
    new Map(items.map((item) => [names.map((name) => textOf(item, name)).join(' '), item]));
  const acks = byKey(await scanAll(dynamo, 'mqtt_acked'), KEYS.mqtt_acked);
  for (const [key, msgid] of writer.acked) expect(textOf(acks.get(key) ?? {}, 'msgid')).toBe(msgid);
  const clients = byKey(await scanAll(dynamo, 'mqtt_client'), KEYS.mqtt_client);
  for (const [key, item] of writer.clients) expect(sameItem(clients.get(key), item)).toBe(true);
  const retained = byKey(await scanAll(dynamo, 'mqtt_retain'), KEYS.mqtt_retain);
  for (const [key, item] of writer.retained) expect(sameItem(retained.get(key), item)).toBe(true);
}

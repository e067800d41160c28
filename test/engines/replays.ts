import { join } from 'node:path';
import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import { ROOT } from '../harness/root.ts';
import { readRecording } from './recording.ts';
import { sorted, type Workbench } from './workbench.ts';

const FIXTURES = join(ROOT, 'test/fixtures');
const M1 = 'MzE2MzExNDM1OTYwMTY4OTUwMTkyMDE1MzUyMTM3NjQ2MDJ';
const M2 = 'MzE2MzExNDM2MjM2ODcwMTExMjk3NjU4NjI2Mzc3NjQ2MTA';

const fixture = (name: string) => join(FIXTURES, 'replay', name);

const publish = (index: number, payload: string) => ({
  event: 'message.publish',
  id: `00061789293F818B6E0B00001A2B000${index}`,
  topic: `t/${index}`,
  qos: 1,
  payload,
  publish_received_at: 1_714_727_730_250,
});

/** Replays of fixtures to a known end state. */
export function replaySuite(bench: Workbench): void {
  const { differences, folder, ask, run, done, replay, rejects, itemsOf, documentsOf, emptyTables } = bench;

  describe('replay', () => {
    beforeAll(emptyTables);

    it('stores the documented items bit for bit', async () => {
      await done(Replay, [fixture('documented-2019.jsonl')]);
      const msgid = { S: 'Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD' };
      expect(await itemsOf('mqtt_msg')).toEqual([
        {
          arrived: { N: '1562308553' },
          msgid,
          payload: { S: '{ "msg": "Hello, World!" }' },
          qos: { N: '1' },
          retain: { N: '0' },
          sender: { S: 'mqttjs_231b962d5c' },
          topic: { S: 'test' },
        },
      ]);
      expect(await itemsOf('mqtt_topic_msg_map')).toEqual([{ MsgId: { SS: [msgid.S] }, topic: { S: 'test' } }]);
      expect(await itemsOf('mqtt_client')).toEqual([
        {
          clientid: { S: 'mqttjs_384b9c73a9' },
          connect_state: { N: '1' },
          node: { S: 'emqx@127.0.0.1' },
          offline_at: { N: '0' },
          online_at: { N: '1562224940' },
        },
      ]);
    });

    it('stores what plug-in 4.x stores, then what an ack and an end leave', async () => {
      await emptyTables();
      await done(Replay, [fixture('rule-engine-1-stored.jsonl'), '--time-unit', 'ms']);
      const client = { clientid: { S: 'sensor-17' }, connect_state: { N: '1' }, node: { S: 'emqx@10.0.0.5' } };
      expect(await itemsOf('mqtt_client')).toEqual([{ ...client, offline_at: { N: '0' }, online_at: { N: '1714727725004' } }]);
      expect(await itemsOf('mqtt_msg')).toEqual([
        {
          arrived: { N: '1714727730250' },
          msgid: { S: M1 },
          payload: { S: '{"t":21.5}' },
          qos: { N: '1' },
          retain: { N: '0' },
          sender: { S: 'sensor-17' },
          topic: { S: 'plant/a/temp' },
        },
      ]);
      expect(await itemsOf('mqtt_topic_msg_map')).toEqual([{ MsgId: { SS: [M1] }, topic: { S: 'plant/a/temp' } }]);
      expect(await itemsOf('mqtt_retain')).toEqual([
        {
          arrived: { N: '1714727731750' },
          msgid: { S: M2 },
          payload: { S: 'up' },
          qos: { N: '0' },
          retain: { N: '1' },
          sender: { S: 'sensor-17' },
          topic: { S: 'plant/a/state' },
        },
      ]);
      expect(await itemsOf('mqtt_acked')).toEqual([]);

      await done(Replay, [fixture('rule-engine-2-acked.jsonl'), '--time-unit', 'ms']);
      expect(await itemsOf('mqtt_acked')).toEqual([
        { clientid: { S: 'panel-1' }, msgid: { S: M1 }, topic: { S: 'plant/a/temp' } },
      ]);
      expect(await itemsOf('mqtt_msg')).toEqual([]);
      // the last id is gone, its row stays: so it is on every engine and on DynamoDB itself
      expect(await itemsOf('mqtt_topic_msg_map')).toEqual([{ topic: { S: 'plant/a/temp' } }]);

      await done(Replay, [fixture('rule-engine-3-ended.jsonl'), '--time-unit', 'ms']);
      const offline = {
        ...client,
        connect_state: { N: '0' },
        offline_at: { N: '1714727899120' },
        online_at: { N: '1714727725004' },
      };
      expect(await itemsOf('mqtt_client')).toEqual([sorted(offline)]);
      expect(await itemsOf('mqtt_retain')).toEqual([]);
      expect(await itemsOf('mqtt_acked')).toEqual([]);
      expect(await itemsOf('mqtt_msg')).toEqual([]);
    });

    it('takes an id out of a topic without a row', async () => {
      await emptyTables();
      await done(Replay, [fixture('rule-engine-2-acked.jsonl')]);
      const rows = differences.makesKeyOnlyRows ? [{ topic: { S: 'plant/a/temp' } }] : [];
      expect(await itemsOf('mqtt_topic_msg_map')).toEqual(rows);
    });

    it('persists a recording of mosquitto_sub to its last byte, twice over', async () => {
      await emptyTables();
      const file = join(FIXTURES, 'recordings/mosquitto-2.0.11.jsonl');
      const recorded = readRecording(file);
      const refused = recorded.filter(({ qos, retain, payload }) => qos > 0 && !retain && payload.length === 0);
      expect([recorded.length, refused.length]).toEqual([400, 22]);
      for (const _ of ['once', 'again']) {
        const args = [file, '--binary-payload', 'binary', '--json', '--rejects', join(folder, 'rejects.jsonl')];
        const { code, stdout } = await run(Replay, args);
        const result = JSON.parse(stdout) as { read: number; rejected: number };
        if (differences.refusesEmptyStrings) {
          expect([code, result.read, result.rejected]).toEqual([3, 400, refused.length]);
          expect(new Set(rejects().map(({ reason, table }) => `${reason} ${table}`))).toEqual(new Set(['refused mqtt_msg']));
        } else expect([code, result.read, result.rejected]).toEqual([0, 400, 0]);

        const stored = recorded.filter(({ qos, retain, payload }) => qos > 0 && !(retain && payload.length === 0));
        const kept = differences.refusesEmptyStrings ? stored.filter(({ payload }) => payload.length > 0) : stored;
        const messages = await documentsOf('mqtt_msg');
        expect(messages.map(comparable).sort()).toEqual(kept.map(comparable).sort());

        const retained = new Map(recorded.filter(({ retain }) => retain).map((message) => [message.topic, message]));
        const last = [...retained.values()].filter(({ payload }) => payload.length > 0);
        expect((await documentsOf('mqtt_retain')).map(comparable).sort()).toEqual(last.map(comparable).sort());

        const ids = new Map<string, number>();
        for (const { topic } of stored) ids.set(topic, (ids.get(topic) ?? 0) + 1);
        const map = (await documentsOf('mqtt_topic_msg_map')) as { topic: string; MsgId: Set<string> }[];
        expect(new Map(map.map(({ topic, MsgId }) => [topic, MsgId.size]))).toEqual(ids);
        for (const { topic, msgid } of messages) {
          expect(map.find((row) => row.topic === topic)?.MsgId.has(String(msgid))).toBe(true);
        }
      }
    });

    it('rejects the one event whose empty payload an old engine refuses, and stores its neighbours', async () => {
      await emptyTables();
      const { code } = await replay([publish(1, 'a'), publish(2, ''), publish(3, 'b')]);
      const messages = await itemsOf('mqtt_msg');
      const topics = new Set(messages.map((item) => item['topic']?.S));
      if (differences.refusesEmptyStrings) {
        expect([code, topics]).toEqual([3, new Set(['t/1', 't/3'])]);
        expect(rejects()).toMatchObject([{ line: 2, reason: 'refused', table: 'mqtt_msg', applied: ['mqtt_topic_msg_map'] }]);
      } else {
        expect([code, topics]).toEqual([0, new Set(['t/1', 't/2', 't/3'])]);
        expect(messages.find((item) => item['topic']?.S === 't/2')?.['payload']).toEqual({ S: '' });
      }
    });

    it('fills the id set of a topic to the last byte, and rejects the id that is too much', async () => {
      await emptyTables();
      const topic = 'testtopic';
      // 8,714 ids of 47 bytes fit next to this topic: (409,600 - 5 - 5 - 9) / 47
      const ids = Array.from({ length: 8_712 }, (_, index) => String(index).padStart(47, 'M'));
      const row = { topic: { S: topic }, MsgId: { SS: ids } };
      await ask((client) => client.send(new PutItemCommand({ TableName: 'mqtt_topic_msg_map', Item: row })));
      const event = (index: number) => ({
        event: 'message.publish',
        id: `00061789293F818B6E0B00001A2B000${index}`,
        topic,
        qos: 1,
        payload: 'x',
        publish_received_at: 1_714_727_730_250,
      });
      const { code } = await replay([event(1), event(2), event(3)]);
      expect(code).toBe(3);
      expect(rejects()).toMatchObject([
        { line: 3, reason: 'topic_set_full', table: 'mqtt_topic_msg_map', applied: ['mqtt_msg'] },
      ]);
      const { Item } = await ask((client) =>
        client.send(new GetItemCommand({ TableName: 'mqtt_topic_msg_map', Key: { topic: { S: topic } }, ConsistentRead: true })),
      );
      expect(Item?.['MsgId']?.SS).toHaveLength(8_714);
      expect(await itemsOf('mqtt_msg')).toHaveLength(3);
    });
  });
}

/** The parts of a stored message that its recording tells, as one text. */
function comparable(message: Record<string, unknown>): string {
  const { topic, qos, retain, payload, arrived, sender } = message;
  const bytes = typeof payload === 'string' ? `text ${payload}` : `bytes ${Buffer.from(payload as Uint8Array).toString('hex')}`;
  return JSON.stringify([topic, Number(qos), Number(retain), bytes, arrived, sender]);
}

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PutItemCommand, UpdateItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Purge from '../../src/commands/purge.ts';
import { journalBackwards } from '../../src/files/journal.ts';
import { idAt } from '../harness/purge-run.ts';
import { TABLES, type Workbench } from './workbench.ts';

const NOW = Date.UTC(2024, 4, 4);
const OLD = Date.UTC(2024, 2, 1);

type Purged = { items: { table: string; selected: number; deleted: number; changedMeanwhile: number }[]; finished: boolean };

/** Taking stored data away, in more than one page, and bringing it back. */
export function purgesSuite(bench: Workbench): void {
  const { ask, done, run, itemsOf, emptyTables, folder } = bench;
  const journal = join(folder, 'purge.journal');
  const checkpoint = join(folder, 'purge.checkpoint');
  const files = ['--journal', journal, '--checkpoint', checkpoint];
  const purge = (args: string[]) => done<Purged>(Purge, [...args, '--yes', ...files], { now: NOW });

  const message = (msgid: string, topic: string, more: Record<string, AttributeValue> = {}): Record<string, AttributeValue> => ({
    msgid: { S: msgid },
    topic: { S: topic },
    sender: { S: 'sensor-1' },
    qos: { N: '1' },
    retain: { N: '0' },
    payload: { S: 'p' },
    arrived: { N: '1709251200' },
    ...more,
  });
  const old = (topic: number, index: number) => idAt(OLD, BigInt(topic * 1_000 + index));
  const fresh = idAt(NOW - 1_000);

  /** 230 topics with one old message, one with 150 old and a new one, and rows of the other kinds. */
  async function fill(client: DynamoDBClient): Promise<void> {
    const put = (TableName: string, Item: Record<string, AttributeValue>) => client.send(new PutItemCommand({ TableName, Item }));
    const odd = {
      payload: { B: new Uint8Array([0, 255, 254]) },
      more: { M: { a: { NS: ['1', '12345678901234567890123456789012345678'] } } },
    };
    for (let topic = 0; topic < 230; topic += 1) {
      const ids = topic === 0 ? [...Array.from({ length: 150 }, (_, index) => old(0, index)), fresh] : [old(topic, 0)];
      await Promise.all(ids.map((id, index) => put('mqtt_msg', message(id, `t/${topic}`, index === 1 ? odd : {}))));
      await put('mqtt_topic_msg_map', { topic: { S: `t/${topic}` }, MsgId: { SS: ids } });
    }
    await put('mqtt_msg', message(old(900, 0), 't/1'));
    for (const name of ['a', 'b']) {
      await put('mqtt_retain', message(old(901, 0), name, { retain: { N: '1' }, ...(name === 'b' ? odd : {}) }));
      await put('mqtt_acked', { topic: { S: name }, clientid: { S: 'c' }, msgid: { S: old(902, 0) } });
      const state = { connect_state: { N: name === 'a' ? '0' : '1' }, offline_at: { N: name === 'a' ? String(OLD) : '0' } };
      await put('mqtt_client', { clientid: { S: name }, node: { S: 'n' }, online_at: { N: String(OLD) }, ...state });
    }
  }

  /** All tables in an order of their own: sets have none. */
  async function everything(): Promise<Record<string, string[]>> {
    const all: Record<string, string[]> = {};
    for (const table of TABLES) {
      const items = await itemsOf(table);
      for (const item of items) item['MsgId']?.SS?.sort();
      for (const item of items) item['more']?.M?.['a']?.NS?.sort();
      all[table] = items.map((item) => JSON.stringify(item)).sort();
    }
    return all;
  }

  describe('purge', () => {
    beforeAll(async () => {
      await emptyTables();
      await ask(fill);
    });
    beforeEach(() => {
      for (const file of [journal, checkpoint]) rmSync(file, { force: true });
    });

    it('takes old messages with their ids, page by page, and its journal has them bit for bit', async () => {
      const before = await everything();
      const look = await done<Purged>(Purge, ['messages', '--older-than', '30d'], { now: NOW });
      expect(look.items.map(({ selected }) => selected)).toEqual([379, 380]);
      expect(await everything()).toEqual(before);
      const { items, finished } = await purge(['messages', '--older-than', '30d']);
      expect([items.map(({ deleted }) => deleted), finished]).toEqual([[379, 380], true]);
      expect((await itemsOf('mqtt_msg')).map((item) => item['msgid']?.S)).toEqual([fresh]);
      const listed = (await itemsOf('mqtt_topic_msg_map')).flatMap((item) => item['MsgId']?.SS ?? []);
      expect(listed).toEqual([fresh]);
      await ask(takeBack);
      expect(await everything()).toEqual(before);
    });

    it('goes on after its time was over', async () => {
      const args = ['messages', '--topic', '#', '--client', 'sensor-1'];
      const first = await purge([...args, '--run-time', '150ms', '--max-wcu', '100']);
      expect(first.finished).toBe(false);
      const last = await purge([...args, '--resume']);
      expect(last.finished).toBe(true);
      expect((await itemsOf('mqtt_topic_msg_map')).flatMap((item) => item['MsgId']?.SS ?? [])).toEqual([]);
      // the one that is new and that no map lists: none
      expect(await itemsOf('mqtt_msg')).toEqual([]);
    });

    it.each([
      ['retained', ['--topic', '+'], 2, 0],
      ['clients', ['--older-than', '30d'], 1, 1],
      ['acks', ['--topic', 'a', '--client', 'c'], 1, 1],
      ['acks', ['--older-than', '30d'], 1, 0],
    ])('takes %s %j: %d, and leaves %d', async (kind, args, deleted, left) => {
      const { items } = await purge([kind, ...args]);
      expect(items).toMatchObject([{ deleted, changedMeanwhile: 0 }]);
      expect(await itemsOf(items[0]!.table)).toHaveLength(left);
    });

    it('has nothing more to take', async () => {
      expect((await run(Purge, ['messages', '--everything', '--yes', ...files], { now: NOW })).code).toBe(0);
      expect(await itemsOf('mqtt_msg')).toEqual([]);
    });
  });

  /** Takes the journal back with the SDK alone. */
  async function takeBack(client: DynamoDBClient): Promise<void> {
    for await (const change of journalBackwards(journal)) {
      if (change.kind === 'item') {
        const Item = Object.fromEntries(
          Object.entries(change.before!).map(([name, value]) => [name, wire(value as Record<string, unknown>)]),
        );
        await client.send(new PutItemCommand({ TableName: change.table, Item }));
      } else {
        const set = { UpdateExpression: 'ADD MsgId :ids', ExpressionAttributeValues: { ':ids': { SS: [...change.ids] } } };
        await client.send(new UpdateItemCommand({ TableName: change.table, Key: { topic: { S: change.topic } }, ...set }));
      }
    }
  }
}

/** The SDK takes bytes where the journal has base64. */
function wire(value: Record<string, unknown>): AttributeValue {
  return 'B' in value ? { B: Buffer.from(value['B'] as string, 'base64') } : (value as unknown as AttributeValue);
}

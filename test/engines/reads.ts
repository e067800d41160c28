import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import Query from '../../src/commands/query.ts';
import Scan from '../../src/commands/scan.ts';
import Subs from '../../src/commands/subs.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import Unsubscribe from '../../src/commands/unsubscribe.ts';
import type { Workbench } from './workbench.ts';

type Counted = { count: number; scannedCount: number; consumedCapacity: number };

const COUNT = 300;
const event = (index: number) => ({
  event: 'message.publish',
  id: `00061789293F818B6E0B00001A2B${index.toString(16).padStart(4, '0')}`,
  clientid: `sensor-${index % 3}`,
  topic: `plant/${index % 10}`,
  qos: 1 + (index % 2),
  payload: `${index} `.padEnd(18_000, '.'),
  publish_received_at: 1_714_727_730_250 + index,
});

/** Stored subscriptions and raw reads, over many pages and in segments. */
export function readsSuite(bench: Workbench): void {
  const { differences, ask, run, done, replay, itemsOf, expectScanned } = bench;

  describe('subscriptions', () => {
    it('are stored, replaced, shown and deleted', async () => {
      await done(Subscribe, ['test-dynamo', 'plant/a/temp', 'plant/b/temp', '--qos', '2']);
      await done(Subscribe, ['test-dynamo', 'plant/a/temp', '--qos', '1']);
      await done(Subscribe, ['other', 'plant/a/temp']);
      expect(await done(Subs, ['test-dynamo'])).toEqual({
        items: [
          { clientid: 'test-dynamo', topic: 'plant/a/temp', qos: 1 },
          { clientid: 'test-dynamo', topic: 'plant/b/temp', qos: 2 },
        ],
        count: 2,
      });
      await done(Unsubscribe, ['test-dynamo', 'plant/b/temp']);
      await done(Unsubscribe, ['other', '--all']);
      expect(await itemsOf('mqtt_sub')).toEqual([
        { clientid: { S: 'test-dynamo' }, qos: { N: '1' }, topic: { S: 'plant/a/temp' } },
      ]);
    });

    it('take a filter as long as a sort key may be, and more than a page of them', async () => {
      const filters = Array.from({ length: 1_200 }, (_, index) => `${String(index).padStart(4, '0')}/ü/`.padEnd(1_022, 'x'));
      expect(Buffer.byteLength(filters[0]!)).toBe(1_023);
      const long = `${'y'.repeat(1_022)}ü`;
      await done(Subscribe, ['many', '--from-file', '-'], { stdin: filters.map((filter) => `${filter}\n`).join('') });
      await done(Subscribe, ['many', long.slice(1)]);
      expect((await run(Subscribe, ['many', `${long}z`])).code).toBe(2);
      const read = await done<{ items: { topic: string }[]; scannedCount: number }>(Query, ['mqtt_sub', 'many', '--desc']);
      expectScanned(read.scannedCount, 1_201);
      expect(read.items.map(({ topic }) => topic)).toEqual([long.slice(1), ...filters.toReversed()]);
      await done(Unsubscribe, ['many', '--all']);
      expect(await itemsOf('mqtt_sub')).toHaveLength(1);
    });
  });

  describe('raw reads', () => {
    beforeAll(async () => {
      const { code, stderr } = await replay(Array.from({ length: COUNT }, (_, index) => event(index)));
      expect([code, stderr]).toEqual([0, stderr]);
      const page = await ask((client) => client.send(new ScanCommand({ TableName: 'mqtt_msg' })));
      expect(page.LastEvaluatedKey).toBeDefined();
      expect(page.Count).toBeLessThan(COUNT / 2);
    });

    it.each([1, 4])('read every page, in %d segments', async (segments) => {
      const { items, count, scannedCount } = await done<{ items: { payload: string }[]; count: number; scannedCount: number }>(
        Scan,
        ['mqtt_msg', '--segments', String(segments)],
      );
      expect(count).toBe(COUNT);
      expectScanned(scannedCount, COUNT);
      const payloads = Array.from({ length: COUNT }, (_, index) => event(index).payload);
      expect(items.map(({ payload }) => payload).sort()).toEqual(payloads.sort());
    });

    it('count, at the price of the whole table', async () => {
      const counted = await done<Counted>(Scan, ['mqtt_msg', '--count']);
      expect(counted.count).toBe(COUNT);
      expectScanned(counted.scannedCount, COUNT);
      const strong = await done<Counted>(Scan, ['mqtt_msg', '--count', '--consistent']);
      expect(counted.consumedCapacity).toBeGreaterThan((COUNT * 18_000) / 8_192 - 1);
      expect(strong.consumedCapacity / counted.consumedCapacity).toBeCloseTo(differences.scansAtOnePrice ? 1 : 2, 1);
    });

    it.each([
      ["qos > 1 and begins_with(topic, 'plant/')", (index: number) => index % 2 === 1],
      [
        "topic in ('plant/1', 'plant/2') or sender = 'sensor-0'",
        (index: number) => [1, 2].includes(index % 10) || index % 3 === 0,
      ],
      ['not (qos = 1) and arrived between 1714727730 and 1714727730', (index: number) => index % 2 === 1],
      ["contains(payload, '17 ')", (index: number) => `${index} `.includes('17 ')],
      ['attribute_exists(missing)', () => false],
    ])('filter by %s', async (filter, holds) => {
      const wanted = Array.from({ length: COUNT }, (_, index) => index).filter(holds);
      const { items } = await done<{ items: { payload: string }[] }>(Scan, ['mqtt_msg', '--filter', filter]);
      expect(items.map(({ payload }) => Number.parseInt(payload, 10)).sort((a, b) => a - b)).toEqual(wanted);
    });

    it('take some attributes, a limit and a whole key', async () => {
      const { items } = await done<{ items: object[] }>(Scan, ['mqtt_msg', '--fields', 'topic,qos', '--limit', '7']);
      expect(items).toHaveLength(7);
      for (const item of items) expect(Object.keys(item)).toEqual(['topic', 'qos']);
      const { items: all } = await done<{ items: { msgid: string }[] }>(Scan, ['mqtt_msg', '--limit', '1']);
      const one = await done<{ items: object[] }>(Query, ['mqtt_msg', all[0]!.msgid]);
      expect(one.items).toEqual(all);
    });

    it('query a part of a partition by its sort key', async () => {
      await done(Subscribe, ['ranges', 'a/1', 'a/2', 'b/1', 'c/1', '--qos', '1']);
      const topics = async (...args: string[]) =>
        (await done<{ items: { topic: string }[] }>(Query, ['mqtt_sub', 'ranges', ...args])).items.map(({ topic }) => topic);
      expect(await topics('--sort-key', 'begins_with a/')).toEqual(['a/1', 'a/2']);
      expect(await topics('--sort-key', '>= b/1', '--desc')).toEqual(['c/1', 'b/1']);
      expect(await topics('--sort-key', 'between a/2 and b/1')).toEqual(['a/2', 'b/1']);
      expect(await topics('--limit', '2')).toEqual(['a/1', 'a/2']);
      expect(await topics('--filter', 'qos = 2')).toEqual([]);
      await done(Unsubscribe, ['ranges', '--all']);
    });
  });
}

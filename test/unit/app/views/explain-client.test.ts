import { expect, it } from 'vitest';
import { explainClient } from '../../../../src/app/views/explain-client.ts';
import type { TableReader } from '../../../../src/app/views/table-reader.ts';
import { DEFAULT_RULES } from '../../../../src/domain/hooks/rules.ts';
import { n, s } from '../../../../src/domain/item.ts';

it('reads what is stored of the client once, however many subscriptions it has', async () => {
  const reads: string[] = [];
  const topics = Array.from({ length: 20 }, (_, number) => `t/${number}`);
  const reader: TableReader = {
    spent: { scanned: 0, units: 0 },
    async *scan() {},
    query: async (table, partition) => {
      reads.push(`${table} ${partition}`);
      return table === 'mqtt_sub' ? topics.map((topic) => ({ clientid: s('c'), topic: s(topic), qos: n(1) })) : [];
    },
    get: async (table, ...key) => {
      reads.push(`${table} ${key.join(' ')}`);
      return undefined;
    },
    batch: async () => [],
  };
  const explained: string[] = [];
  for await (const verdicts of explainClient(reader, 'c', DEFAULT_RULES)) explained.push(...verdicts.map(({ topic }) => topic));
  expect(explained).toEqual(topics);
  expect(reads.filter((read) => /^mqtt_(client|sub) /.test(read))).toEqual(['mqtt_client c', 'mqtt_sub c']);
  expect(new Set(reads).size).toBe(reads.length);
});

import { describe, expect, it } from 'vitest';
import { openReader } from '../../../../src/app/views/open-reader.ts';
import type { ReadContext } from '../../../../src/app/views/table-reader.ts';
import { MqdynError } from '../../../../src/domain/errors.ts';
import type { Dynamo } from '../../../../src/dynamo/client.ts';

const live = (table: string, bytes: number, key = ['msgid']) => ({
  TableName: table,
  TableStatus: 'ACTIVE',
  KeySchema: key.map((name, at) => ({ AttributeName: name, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
  AttributeDefinitions: [],
  ItemCount: 1_234_567,
  TableSizeBytes: bytes,
});

function place(answer: () => unknown) {
  const notices: string[] = [];
  const dynamo = { options: { label: 'here' }, use: async () => answer() } as unknown as Dynamo;
  const made: ReadContext = {
    dynamo,
    liveName: (table) => `pre_${table}`,
    signal: new AbortController().signal,
    notice: (sentence) => notices.push(sentence),
    now: () => 0,
  };
  return { place: made, notices };
}

describe('openReader', () => {
  it('announces what a full read of a large table costs, and only that', async () => {
    const large = place(() => ({ Table: live('pre_mqtt_msg', 480 << 20) }));
    await openReader(large.place, { whole: ['mqtt_msg'] });
    expect(large.notices).toEqual([
      "reading all of pre_mqtt_msg: 1,234,567 items, 480.0 MB (DynamoDB's figure, up to six hours old), about 61,440 read units",
    ]);
    await openReader(large.place, { keyed: ['mqtt_msg'] });
    expect(large.notices.length).toBe(1);
    const small = place(() => ({ Table: live('pre_mqtt_msg', 1 << 20) }));
    const reader = await openReader(small.place, { whole: ['mqtt_msg'] });
    expect(small.notices).toEqual([]);
    expect(reader.figures.get('mqtt_msg')).toEqual({ items: 1_234_567, bytes: 1 << 20 });
  });

  it('still reads where describing is not allowed', async () => {
    const denied = place(() => {
      throw new MqdynError('E_DENIED', 'dynamodb:DescribeTable');
    });
    const reader = await openReader(denied.place, { whole: ['mqtt_msg'] });
    expect(reader.figures.size).toBe(0);
  });

  it('refuses the table of EMQX 5 that has the same name', async () => {
    const foreign = place(() => ({ Table: live('pre_mqtt_msg', 1, ['device_id', 'timestamp']) }));
    await expect(openReader(foreign.place, { keyed: ['mqtt_msg'] })).rejects.toMatchObject({ code: 'E_SCHEMA_CONFLICT' });
  });
});

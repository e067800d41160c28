import fc from 'fast-check';
import { KEYS, TABLES, type TableName } from '../../src/domain/records/tables.ts';
import { SEED_DATA } from './seed-data.ts';

type Input = { TableName?: string; RequestItems?: Record<string, unknown>; Select?: string; Limit?: number };

/** The reply of a DynamoDB whose tables hold the seed data. */
export function goodReply(operation: string, input: Input): object {
  const table = input.TableName ?? Object.keys(input.RequestItems ?? {})[0] ?? 'mqtt_msg';
  const name = TABLES.find((one) => table.endsWith(one)) ?? 'mqtt_msg';
  const items = SEED_DATA[name].slice(0, input.Limit ?? 4);
  const capacity = { TableName: table, CapacityUnits: 0.5 };
  switch (operation) {
    case 'BatchGetItem':
      return { Responses: { [table]: items }, UnprocessedKeys: {}, ConsumedCapacity: [capacity] };
    case 'BatchWriteItem':
      return { UnprocessedItems: {}, ConsumedCapacity: [capacity] };
    case 'DescribeContinuousBackups':
      return { ContinuousBackupsDescription: { PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' } } };
    case 'DescribeTable':
      return { Table: liveTable(table, name) };
    case 'DescribeTimeToLive':
      return { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } };
    case 'GetItem':
      return { Item: items[0], ConsumedCapacity: capacity };
    case 'ListTables':
      return { TableNames: [...TABLES] };
    case 'ListTagsOfResource':
      return { Tags: [{ Key: 'team', Value: 'plant' }] };
    case 'Query':
    case 'Scan': {
      const page = { Count: items.length, ScannedCount: items.length, ConsumedCapacity: capacity };
      return input.Select === 'COUNT' ? page : { Items: items, ...page };
    }
    case 'UpdateItem':
      return { ConsumedCapacity: capacity };
    default:
      return { TableDescription: liveTable(table, name) };
  }
}

function liveTable(live: string, name: TableName): object {
  const index = { IndexName: 'by', KeySchema: [{ AttributeName: KEYS[name][0], KeyType: 'HASH' }], Projection: {} };
  return {
    TableName: live,
    TableStatus: 'ACTIVE',
    TableArn: `arn:aws:dynamodb:local:0:table/${live}`,
    KeySchema: KEYS[name].map((attribute, at) => ({ AttributeName: attribute, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: KEYS[name].map((attribute) => ({ AttributeName: attribute, AttributeType: 'S' })),
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
    BillingModeSummary: { BillingMode: 'PROVISIONED' },
    ItemCount: 4,
    TableSizeBytes: 400,
    CreationDateTime: 1_714_727_730.25,
    GlobalSecondaryIndexes: [index],
    StreamSpecification: { StreamEnabled: false },
  };
}

/** Unexpected values, as JSON. */
const FRAGMENTS = [
  ...['null', 'true', '0', '-1', '1e400', '""', '"x"', '[]', '[null]', '{}', '{"a":null}', '{"M":null}', '{"B":1}'],
  ...['{"S":"x"}', '{"N":"x"}', '{"L":[{}]}', '{"a":{"M":null}}', '[{"a":{"S":1}}]', '{"__proto__":{"S":"x"}}', '[[]]'],
];

/** How a reply is changed: where, counted among its values, and how. */
export type Change = { at: number; how: number; by: string };

export const changes: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(200),
  how: fc.nat(2),
  by: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.json({ maxDepth: 2 })),
});

/** A reply in which one value is replaced, missing or doubled; as JSON. */
export function changed(reply: object, { at, how, by }: Change): string {
  const places: { holder: Record<string, unknown>; name: string }[] = [];
  const whole = { reply: structuredClone(reply) } as Record<string, unknown>;
  const walk = (holder: Record<string, unknown>): void => {
    for (const name of Object.keys(holder)) {
      places.push({ holder, name });
      if (typeof holder[name] === 'object' && holder[name] !== null) walk(holder[name] as Record<string, unknown>);
    }
  };
  walk(whole);
  const { holder, name } = places[at % places.length]!;
  const token = 'put JSON here';
  if (how === 0 || holder === whole) holder[name] = token;
  else if (Array.isArray(holder)) holder.splice(Number(name), how === 1 ? 1 : 0, ...(how === 1 ? [] : [token]));
  else if (how === 1) delete holder[name];
  else holder[`${name}2`] = token;
  return JSON.stringify(whole['reply'] ?? null).replace(`"${token}"`, () => by);
}

export function mutated(reply: object): fc.Arbitrary<string> {
  return changes.map((change) => changed(reply, change));
}

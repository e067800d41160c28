import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, KEYS, TABLES, type TableName } from '../../../../src/domain/records/tables.ts';
import { keyInWords, knownOwner, sameKeys, type KeyElement } from '../../../../src/domain/schema/definition.ts';
import { parseSchema } from '../../../../src/domain/schema/parse.ts';

const hash = (name: string) => ({ AttributeName: name, KeyType: 'HASH' as const });
const range = (name: string) => ({ AttributeName: name, KeyType: 'RANGE' as const });
const text = (name: string) => ({ AttributeName: name, AttributeType: 'S' });
const CAPACITY = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };

const GOOD = {
  TableName: 'mqtt_sub',
  KeySchema: [hash('clientid'), range('topic')],
  AttributeDefinitions: [text('clientid'), text('topic')],
  ProvisionedThroughput: CAPACITY,
};

/** Faults of a good definition with some members replaced, as `path: message`. */
function faultsOf(changes: Record<string, unknown>): string[] {
  const parsed = parseSchema(JSON.stringify({ ...GOOD, ...changes }));
  return 'faults' in parsed ? parsed.faults.map(({ path, message }) => `${path}: ${message}`) : [];
}

describe('the shipped schema files', () => {
  const shipped: Record<TableName, string[]> = {
    mqtt_client: ['clientid'],
    mqtt_sub: ['clientid', 'topic'],
    mqtt_msg: ['msgid'],
    mqtt_topic_msg_map: ['topic'],
    mqtt_retain: ['topic'],
    mqtt_acked: ['topic', 'clientid'],
  };

  it.each(TABLES)('%s has the keys and the capacity of the backend', (table) => {
    const parsed = parseSchema(readFileSync(new URL(`../../../../schemas/${table}.json`, import.meta.url), 'utf8'));
    const keys = shipped[table];
    expect(parsed).toEqual({
      definition: {
        TableName: table,
        KeySchema: keys.map((name, index) => (index === 0 ? hash(name) : range(name))),
        AttributeDefinitions: expect.toSatisfy((list: object[]) => list.length === keys.length) as unknown,
        ProvisionedThroughput: CAPACITY,
      },
    });
    expect('definition' in parsed && parsed.definition.AttributeDefinitions.toSorted(byName)).toEqual(
      keys.map(text).sort(byName),
    );
    expect(KEYS[table]).toEqual(keys);
    expect(ATTRIBUTES[table].slice(0, keys.length)).toEqual(keys);
  });
});

function byName(a: { AttributeName: string }, b: { AttributeName: string }): number {
  return a.AttributeName < b.AttributeName ? -1 : 1;
}

describe('parseSchema', () => {
  it.each<[string, Record<string, unknown>]>([
    ['one key', { KeySchema: [hash('id')], AttributeDefinitions: [text('id')] }],
    ['a numeric sort key', { AttributeDefinitions: [text('clientid'), { AttributeName: 'topic', AttributeType: 'N' }] }],
    ['on demand', { BillingMode: 'PAY_PER_REQUEST', ProvisionedThroughput: undefined }],
    ['the longest name', { TableName: 'x'.repeat(255) }],
    ['the shortest name', { TableName: 'a.-' }],
    [
      'an index',
      {
        AttributeDefinitions: [text('clientid'), text('topic'), text('node')],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by_node',
            KeySchema: [hash('node')],
            Projection: { ProjectionType: 'ALL' },
            ProvisionedThroughput: CAPACITY,
          },
        ],
      },
    ],
  ])('takes %s', (_, changes) => {
    expect(faultsOf(changes)).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      'a key that is not defined',
      { KeySchema: [hash('clientid'), range('topik')] },
      [
        '$.KeySchema[1].AttributeName: topik is not in AttributeDefinitions',
        '$.AttributeDefinitions: topic is defined but no key uses it',
      ],
    ],
    [
      'a definition that no key uses',
      { KeySchema: [hash('clientid')] },
      ['$.AttributeDefinitions: topic is defined but no key uses it'],
    ],
    [
      'two HASH',
      { KeySchema: [hash('clientid'), hash('topic')] },
      ['$.KeySchema[1]: two HASH attributes; the second must be RANGE'],
    ],
    ['RANGE first', { KeySchema: [range('clientid'), hash('topic')] }, ['$.KeySchema[0]: the HASH attribute comes first']],
    [
      'RANGE alone',
      { KeySchema: [range('clientid')], AttributeDefinitions: [text('clientid')] },
      ['$.KeySchema[0]: the HASH attribute comes first'],
    ],
    [
      'one attribute twice in a key',
      { KeySchema: [hash('clientid'), range('clientid')], AttributeDefinitions: [text('clientid')] },
      ['$.KeySchema[1]: clientid is already the HASH attribute'],
    ],
    [
      'three keys',
      { KeySchema: [hash('clientid'), range('topic'), range('topic')] },
      ['$.KeySchema: a key has at most two attributes'],
    ],
    [
      'another type',
      { AttributeDefinitions: [text('clientid'), { AttributeName: 'topic', AttributeType: 'SS' }] },
      ['$.AttributeDefinitions[1].AttributeType: must be S or N or B'],
    ],
    [
      'another kind of key',
      { KeySchema: [hash('clientid'), { AttributeName: 'topic', KeyType: 'SORT' }] },
      ['$.KeySchema[1].KeyType: must be HASH or RANGE'],
    ],
    [
      'a definition twice',
      { AttributeDefinitions: [text('clientid'), text('topic'), text('topic')] },
      ['$.AttributeDefinitions[2]: topic is defined twice'],
    ],
    [
      'an empty key',
      { KeySchema: [] },
      [
        '$.KeySchema: must be a list with at least one element',
        '$.AttributeDefinitions: clientid is defined but no key uses it',
        '$.AttributeDefinitions: topic is defined but no key uses it',
      ],
    ],
    [
      'no key',
      { KeySchema: undefined, AttributeDefinitions: undefined },
      ['$.KeySchema: is missing', '$.AttributeDefinitions: is missing'],
    ],
    ['a wrong member', { KeySchem: [] }, ['$.KeySchem: unknown member. Did you mean KeySchema?']],
    [
      'no capacity',
      { ProvisionedThroughput: undefined },
      ['$: ProvisionedThroughput is missing (or BillingMode PAY_PER_REQUEST)'],
    ],
    [
      'no units',
      { ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: '5' } },
      [
        '$.ProvisionedThroughput.ReadCapacityUnits: must be a whole number from 1',
        '$.ProvisionedThroughput.WriteCapacityUnits: must be a whole number from 1',
      ],
    ],
    ['a wrong billing mode', { BillingMode: 'FREE' }, ['$.BillingMode: must be PROVISIONED or PAY_PER_REQUEST']],
    [
      'a broken index',
      {
        GlobalSecondaryIndexes: [{ IndexName: 'x', KeySchema: [hash('node')], Projection: {}, ProvisionedThroughput: CAPACITY }],
      },
      [
        '$.GlobalSecondaryIndexes[0].IndexName: must be 3 to 255 characters of A-Z a-z 0-9 _ . -',
        '$.GlobalSecondaryIndexes[0].KeySchema[0].AttributeName: node is not in AttributeDefinitions',
        '$.GlobalSecondaryIndexes[0].Projection.ProjectionType: is missing',
      ],
    ],
    [
      'values that are no objects',
      { KeySchema: ['clientid', null], AttributeDefinitions: [1] },
      ['$.KeySchema[0]: must be an object', '$.KeySchema[1]: must be an object', '$.AttributeDefinitions[0]: must be an object'],
    ],
  ])('refuses %s', (_, changes, faults) => {
    expect(faultsOf(changes)).toEqual(faults);
  });

  it.each(['../x', 'ab', 'x'.repeat(256), 'a b c', '', 7, null])('refuses the table name %.20j', (name) => {
    expect(faultsOf({ TableName: name })).toEqual(['$.TableName: must be 3 to 255 characters of A-Z a-z 0-9 _ . -']);
  });

  it('reports all faults at once, each with its place', () => {
    const source = `{
  "TableName": "../x",
  "KeySchema": [
    { "AttributeName": "id", "KeyType": "RANGE" }
  ],
  "AttributeDefinitions": [
    { "AttributeName": "id", "AttributeType": "X" }
  ],
  "BillingMode": "PAY_PER_REQUEST"
}`;
    expect(parseSchema(source)).toEqual({
      faults: [
        { line: 2, column: 16, path: '$.TableName', message: 'must be 3 to 255 characters of A-Z a-z 0-9 _ . -' },
        { line: 4, column: 5, path: '$.KeySchema[0]', message: 'the HASH attribute comes first' },
        { line: 7, column: 47, path: '$.AttributeDefinitions[0].AttributeType', message: 'must be S or N or B' },
      ],
    });
  });
});

describe('key schemas', () => {
  it('are compared in their order and named in words', () => {
    const keys: KeyElement[] = [hash('topic'), range('clientid')];
    expect(keyInWords(keys)).toBe('(topic HASH, clientid RANGE)');
    expect(sameKeys(keys, [...keys])).toBe(true);
    expect(sameKeys(keys, [hash('clientid'), range('topic')])).toBe(false);
    expect(sameKeys(keys, [hash('topic')])).toBe(false);
  });

  it.each([
    [[hash('id')], "EMQX 5's own DynamoDB action"],
    [[hash('device_id'), range('timestamp')], "EMQX 5's own DynamoDB action"],
    [[hash('msgid')], undefined],
  ])('%j belong to %s', (keys, owner) => {
    expect(knownOwner(keys)).toBe(owner);
  });
});

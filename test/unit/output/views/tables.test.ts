import { describe, expect, it } from 'vitest';
import type { LiveTable } from '../../../../src/domain/schema/live.ts';
import { tableFactsItem, tableItem } from '../../../../src/output/views/tables.ts';

const table = (ItemCount: number, TableSizeBytes: number): LiveTable => ({
  TableName: 't',
  TableStatus: 'ACTIVE',
  KeySchema: [{ AttributeName: 'k', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'k', AttributeType: 'S' }],
  ItemCount,
  TableSizeBytes,
});

describe('the size of a table', () => {
  it.each([
    ['is none where an engine does not know it', 3, 0, { NULL: true }],
    ['is 0 of an empty table', 0, 0, { N: '0' }],
    ['is what DynamoDB keeps', 3, 120, { N: '120' }],
  ])('%s', (_, items, bytes, size) => {
    const live = table(items, bytes);
    expect(tableItem({ table: 't', ours: true, live })['sizeBytes']).toEqual(size);
    expect(tableFactsItem(live, true)['sizeBytes']).toEqual(size);
  });
});

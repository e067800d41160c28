import type { TableDefinition } from '../../../../src/domain/schema/definition.ts';
import type { LiveTable } from '../../../../src/domain/schema/live.ts';

/** A definition with two indexes, and the live table that AWS makes of it. */
export const WANT: TableDefinition = {
  TableName: 'mqtt_sub',
  KeySchema: [
    { AttributeName: 'clientid', KeyType: 'HASH' },
    { AttributeName: 'topic', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: ['clientid', 'topic', 'node', 'at'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by_node',
      KeySchema: [
        { AttributeName: 'node', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['qos', 'payload'] },
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    },
    {
      IndexName: 'by_topic',
      KeySchema: [{ AttributeName: 'topic', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'KEYS_ONLY' },
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    },
  ],
};

export const LIVE: LiveTable = {
  TableName: 'mqtt_sub',
  TableStatus: 'ACTIVE',
  TableId: '11111111-2222-3333-4444-555555555555',
  TableArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/mqtt_sub',
  KeySchema: WANT.KeySchema,
  AttributeDefinitions: WANT.AttributeDefinitions,
  ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
  DeletionProtectionEnabled: false,
  GlobalSecondaryIndexes: WANT.GlobalSecondaryIndexes!.map((index) => ({ ...index, IndexStatus: 'ACTIVE' })),
};

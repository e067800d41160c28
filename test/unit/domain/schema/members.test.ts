import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TableDefinition } from '../../../../src/domain/schema/definition.ts';
import { jsonSchema } from '../../../../src/domain/schema/json-schema.ts';
import { parseSchema } from '../../../../src/domain/schema/parse.ts';
import { TABLE_SHAPE } from '../../../../src/domain/schema/table-shape.ts';
import { ROOT } from '../../../harness/run-command.ts';
import { WANT } from './tables.ts';

function faults(change: object): string[] {
  const parsed = parseSchema(JSON.stringify({ ...WANT, ...change }, null, 1));
  return 'faults' in parsed ? parsed.faults.map(({ path, message }) => `${path} ${message}`) : [];
}

const EVERYTHING: TableDefinition = {
  ...WANT,
  BillingMode: 'PROVISIONED',
  LocalSecondaryIndexes: [
    {
      IndexName: 'by_time',
      KeySchema: [
        { AttributeName: 'clientid', KeyType: 'HASH' },
        { AttributeName: 'at', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
  PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 7 },
  DeletionProtectionEnabled: true,
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  TableClass: 'STANDARD_INFREQUENT_ACCESS',
  SSESpecification: { Enabled: true, SSEType: 'KMS', KMSMasterKeyId: 'alias/mqtt' },
  Tags: [{ Key: 'team', Value: '' }],
};

describe('a schema file', () => {
  it('may carry every member, and the JSON Schema that editors use', () => {
    expect(parseSchema(JSON.stringify({ $schema: './table.schema.json', ...EVERYTHING }))).toEqual({ definition: EVERYTHING });
  });

  it.each<[object, string]>([
    [{ TimeToLiveSpecification: { Enabled: true } }, '$.TimeToLiveSpecification AttributeName is missing'],
    [{ TimeToLiveSpecification: { AttributeName: 'x' } }, '$.TimeToLiveSpecification.Enabled is missing'],
    [{ TimeToLive: {} }, '$.TimeToLive unknown member. Did you mean TimeToLiveSpecification?'],
    [{ StreamSpecification: { StreamEnabled: true } }, '$.StreamSpecification StreamViewType is missing'],
    [{ PointInTimeRecoverySpecification: true }, '$.PointInTimeRecoverySpecification must be an object'],
    [
      { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 36 } },
      '$.PointInTimeRecoverySpecification.RecoveryPeriodInDays must be a whole number from 1 to 35',
    ],
    [{ DeletionProtectionEnabled: 'yes' }, '$.DeletionProtectionEnabled must be true or false'],
    [{ TableClass: 'CHEAP' }, '$.TableClass must be STANDARD or STANDARD_INFREQUENT_ACCESS'],
    [
      { SSESpecification: { Enabled: false, KMSMasterKeyId: 'x' } },
      '$.SSESpecification.KMSMasterKeyId is allowed with Enabled true only',
    ],
    [{ Tags: [{ Key: 'aws:x', Value: '' }] }, '$.Tags[0].Key must be 1 to 128 characters and not begin with aws:'],
    [{ Tags: ['a', 'a'].map((Key) => ({ Key, Value: '' })) }, '$.Tags[1] a appears twice'],
    [{ OnDemandThroughput: {} }, '$.OnDemandThroughput is allowed with BillingMode PAY_PER_REQUEST only'],
    [{ BillingMode: 'PAY_PER_REQUEST' }, '$.ProvisionedThroughput is allowed with BillingMode PROVISIONED only'],
    [
      { LocalSecondaryIndexes: [{ ...WANT.GlobalSecondaryIndexes![1]!, ProvisionedThroughput: undefined }] },
      '$.LocalSecondaryIndexes[0].IndexName by_topic is the name of another index',
    ],
    [
      { GlobalSecondaryIndexes: [{ ...WANT.GlobalSecondaryIndexes![0]!, Projection: { ProjectionType: 'INCLUDE' } }] },
      '$.GlobalSecondaryIndexes[0].Projection INCLUDE needs NonKeyAttributes',
    ],
  ])('%j', (change, fault) => {
    expect(faults(change)).toContain(fault);
  });

  it('accepts limits of a table on demand, and no limit', () => {
    const { ProvisionedThroughput: units, GlobalSecondaryIndexes: indexes, ...table } = WANT;
    expect(units).toBeDefined();
    expect(indexes).toBeDefined();
    const onDemand = {
      ...table,
      AttributeDefinitions: table.AttributeDefinitions.slice(0, 2),
      BillingMode: 'PAY_PER_REQUEST',
      OnDemandThroughput: { MaxReadRequestUnits: 5, MaxWriteRequestUnits: -1 },
    };
    expect(parseSchema(JSON.stringify(onDemand))).toEqual({ definition: onDemand });
    const zero = parseSchema(JSON.stringify({ ...onDemand, OnDemandThroughput: { MaxReadRequestUnits: 0 } }));
    expect(zero).toMatchObject({ faults: [{ path: '$.OnDemandThroughput.MaxReadRequestUnits' }] });
  });
});

describe('the published JSON Schema', () => {
  it('is the one that the parser goes by', () => {
    const published: unknown = JSON.parse(readFileSync(join(ROOT, 'schemas', 'table.schema.json'), 'utf8'));
    expect(published).toEqual(JSON.parse(JSON.stringify(jsonSchema(TABLE_SHAPE, 'table.schema.json'))));
  });
});

import { describe, expect, it } from 'vitest';
import { compareTable } from '../../../../src/domain/schema/compare.ts';
import { withBilling, type TableDefinition } from '../../../../src/domain/schema/definition.ts';
import {
  liveDefinition,
  schemaFileOf,
  withDefaults,
  type LiveSettings,
  type LiveTable,
} from '../../../../src/domain/schema/live.ts';
import { LIVE, WANT } from './tables.ts';

function paths(want: TableDefinition, live: LiveTable, settings: LiveSettings = {}): string[] {
  const differing = compareTable(want, liveDefinition(live, settings));
  // an export keeps a schema file, which leaves out what is at its default: it shows the same
  expect(compareTable(want, withDefaults(schemaFileOf(live, settings, live.TableName)))).toEqual(differing);
  return differing.map(({ path }) => path);
}

const kinds = (want: TableDefinition, live: LiveTable, settings: LiveSettings = {}) =>
  compareTable(want, liveDefinition(live, settings)).map(({ path, change }) => `${path} ${change}`);

/** As the service sends it, with members that the types of this program do not name. */
function asSent(table: LiveTable, more: object): LiveTable {
  return JSON.parse(JSON.stringify({ ...table, ...more })) as LiveTable;
}

const ON_DEMAND = withBilling(WANT, 'on-demand');

describe('what is no difference', () => {
  it('finds none between a table and itself', () => {
    expect(paths(WANT, LIVE)).toEqual([]);
  });

  it('the order of attribute definitions', () => {
    expect(paths(WANT, { ...LIVE, AttributeDefinitions: LIVE.AttributeDefinitions.toReversed() })).toEqual([]);
  });

  it('the order of indexes (as cdkd 1420 had it)', () => {
    expect(paths(WANT, { ...LIVE, GlobalSecondaryIndexes: LIVE.GlobalSecondaryIndexes!.toReversed() })).toEqual([]);
  });

  it('the order of the attributes that an index takes along', () => {
    const [first, ...others] = LIVE.GlobalSecondaryIndexes!;
    const turned = { ...first!, Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['payload', 'qos'] } };
    expect(paths(WANT, { ...LIVE, GlobalSecondaryIndexes: [turned, ...others] })).toEqual([]);
  });

  it('the order of key elements, which their types tell', () => {
    const [first, ...others] = LIVE.GlobalSecondaryIndexes!;
    const turned = { ...first!, KeySchema: first!.KeySchema.toReversed() };
    expect(paths(WANT, { ...LIVE, KeySchema: LIVE.KeySchema.toReversed(), GlobalSecondaryIndexes: [turned, ...others] })).toEqual(
      [],
    );
  });

  it('the order of tags, and tags that AWS sets itself', () => {
    const Tags = [
      { Key: 'team', Value: 'iot' },
      { Key: 'env', Value: 'prod' },
    ];
    const tags = [{ Key: 'aws:cloudformation:stack-name', Value: 'x' }, ...Tags.toReversed()];
    expect(paths({ ...WANT, Tags }, LIVE, { tags })).toEqual([]);
  });

  it('warm throughput of table and indexes, which AWS fills in (as terraform-provider-aws 44692 and 46281 had it)', () => {
    const warm = { ReadUnitsPerSecond: 12000, WriteUnitsPerSecond: 4000, Status: 'ACTIVE' };
    const live = asSent(LIVE, {
      WarmThroughput: warm,
      GlobalSecondaryIndexes: LIVE.GlobalSecondaryIndexes!.map((index) => ({ ...index, WarmThroughput: warm })),
    });
    expect(paths(WANT, live)).toEqual([]);
  });

  it('item counts, sizes, dates and ARNs (as cdkd 1767 had it)', () => {
    const computed = { ItemCount: 7, TableSizeBytes: 900, CreationDateTime: 1.7e9, TableArn: 'arn:x', TableId: 'y' };
    expect(paths(WANT, asSent(LIVE, computed))).toEqual([]);
  });

  it('members that the service computes beside the throughput (as cdkd 1742 had it)', () => {
    const ProvisionedThroughput = {
      ReadCapacityUnits: 5,
      WriteCapacityUnits: 5,
      NumberOfDecreasesToday: 3,
      LastIncreaseDateTime: 1,
    };
    expect(paths(WANT, asSent(LIVE, { ProvisionedThroughput }))).toEqual([]);
  });

  it('0 and 0 capacity units of a table that is on demand', () => {
    const none = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 };
    const live = {
      ...LIVE,
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      ProvisionedThroughput: none,
      GlobalSecondaryIndexes: LIVE.GlobalSecondaryIndexes!.map((index) => ({ ...index, ProvisionedThroughput: none })),
    };
    expect(paths(ON_DEMAND, live)).toEqual([]);
  });

  it('a billing mode that is called PROVISIONED with 0 and 0: that is on demand', () => {
    const none = { ReadCapacityUnits: 0, WriteCapacityUnits: 0 };
    const live = { ...LIVE, BillingModeSummary: { BillingMode: 'PROVISIONED' }, ProvisionedThroughput: none };
    expect(paths(ON_DEMAND, live)).toEqual([]);
  });

  it('a billing mode that is not told: DescribeTable leaves it out for provisioned tables', () => {
    expect(LIVE.BillingModeSummary).toBeUndefined();
    expect(paths({ ...WANT, BillingMode: 'PROVISIONED' }, LIVE)).toEqual([]);
  });

  it('defaults that one side names and the other does not', () => {
    const want: TableDefinition = {
      ...WANT,
      TimeToLiveSpecification: { Enabled: false },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
      DeletionProtectionEnabled: false,
      StreamSpecification: { StreamEnabled: false },
      TableClass: 'STANDARD',
      SSESpecification: { Enabled: false },
      Tags: [],
      LocalSecondaryIndexes: [],
    };
    const { DeletionProtectionEnabled: _, ...live } = LIVE;
    const settings = {
      timeToLive: { TimeToLiveStatus: 'DISABLED' },
      recovery: { PointInTimeRecoveryStatus: 'DISABLED' },
      tags: [],
    };
    expect(paths(want, live, settings)).toEqual([]);
    expect(paths(WANT, LIVE, settings)).toEqual([]);
  });

  it('no limit, as -1, as a missing member and as a missing limit', () => {
    const live = { ...LIVE, BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' } };
    const want = { ...ON_DEMAND, OnDemandThroughput: { MaxReadRequestUnits: -1 } };
    expect(paths(want, live)).toEqual([]);
    expect(paths(want, { ...live, OnDemandThroughput: { MaxReadRequestUnits: -1, MaxWriteRequestUnits: -1 } })).toEqual([]);
  });

  it('two spellings of the same KMS key (as terraform-provider-aws 46513 had it)', () => {
    const arn = 'arn:aws:kms:eu-west-1:123456789012:key/0000-1111';
    const live = { ...LIVE, SSEDescription: { Status: 'ENABLED', SSEType: 'KMS', KMSMasterKeyArn: arn } };
    for (const KMSMasterKeyId of [arn, '0000-1111', 'alias/mqtt']) {
      expect(paths({ ...WANT, SSESpecification: { Enabled: true, KMSMasterKeyId } }, live)).toEqual([]);
    }
    const other = { ...WANT, SSESpecification: { Enabled: true, KMSMasterKeyId: '9999-1111' } };
    expect(paths(other, live)).toEqual(['SSESpecification.KMSMasterKeyId']);
  });

  it('the longest recovery period where an engine tells none', () => {
    const want = { ...WANT, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 } };
    expect(paths(want, LIVE, { recovery: { PointInTimeRecoveryStatus: 'ENABLED' } })).toEqual([]);
  });

  it('TTL that is being switched on', () => {
    const want = { ...WANT, TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' } };
    expect(paths(want, LIVE, { timeToLive: { TimeToLiveStatus: 'ENABLING', AttributeName: 'expires' } })).toEqual([]);
  });

  it('settings that the file does not name are left as they are', () => {
    const live = {
      ...LIVE,
      DeletionProtectionEnabled: true,
      TableClassSummary: { TableClass: 'STANDARD_INFREQUENT_ACCESS' },
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    };
    expect(
      paths(WANT, live, { tags: [{ Key: 'cost', Value: '1' }], recovery: { PointInTimeRecoveryStatus: 'ENABLED' } }),
    ).toEqual([]);
  });

  it('an index that is on its way out', () => {
    const going = { ...LIVE.GlobalSecondaryIndexes![0]!, IndexName: 'old', IndexStatus: 'DELETING' };
    expect(paths(WANT, { ...LIVE, GlobalSecondaryIndexes: [...LIVE.GlobalSecondaryIndexes!, going] })).toEqual([]);
  });
});

describe('what is a difference, and of which kind', () => {
  it('a switch of the billing mode is made in place (as terraform-aws-dynamodb-table 82 did not)', () => {
    expect(kinds(ON_DEMAND, LIVE)).toEqual(['BillingMode in-place']);
  });

  it('an index that the file does not name is to be removed, one that is missing to be created', () => {
    const [first, second] = LIVE.GlobalSecondaryIndexes!;
    const live = { ...LIVE, GlobalSecondaryIndexes: [first!, { ...second!, IndexName: 'by_hand' }] };
    expect(kinds(WANT, live)).toEqual(['GlobalSecondaryIndexes.by_topic create', 'GlobalSecondaryIndexes.by_hand in-place']);
  });

  it('an index whose name holds dots', () => {
    const [first] = LIVE.GlobalSecondaryIndexes!;
    const live = {
      ...LIVE,
      GlobalSecondaryIndexes: [...LIVE.GlobalSecondaryIndexes!, { ...first!, IndexName: 'a.ProvisionedThroughput.b' }],
    };
    expect(kinds(WANT, live)).toEqual(['GlobalSecondaryIndexes.a.ProvisionedThroughput.b in-place']);
  });

  it('keys, types and local indexes need another table; so do keys and projection of an index', () => {
    const live: LiveTable = {
      ...LIVE,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: LIVE.AttributeDefinitions.map((one) => ({ ...one, AttributeType: 'N' as const })),
      LocalSecondaryIndexes: [{ ...LIVE.GlobalSecondaryIndexes![1]!, IndexName: 'local' }],
      GlobalSecondaryIndexes: LIVE.GlobalSecondaryIndexes!.map((index) => ({ ...index, Projection: { ProjectionType: 'ALL' } })),
    };
    expect(kinds(WANT, live).every((kind) => kind.endsWith(' recreate'))).toBe(true);
    expect(kinds(WANT, live)).toHaveLength(8);
  });
});

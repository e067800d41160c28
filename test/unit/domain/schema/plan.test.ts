import { describe, expect, it } from 'vitest';
import { compareTable, missingTable } from '../../../../src/domain/schema/compare.ts';
import { withBilling, type TableDefinition } from '../../../../src/domain/schema/definition.ts';
import { liveDefinition, type LiveSettings, type LiveTable } from '../../../../src/domain/schema/live.ts';
import { stepsFor } from '../../../../src/domain/schema/plan.ts';
import { LIVE, WANT } from './tables.ts';

function calls(want: TableDefinition, live: LiveTable, settings: LiveSettings = {}): object[] {
  const steps = stepsFor(want, compareTable(want, liveDefinition(live, settings)));
  return steps.map(({ operation, input }) => ({ [operation]: input }));
}

describe('the calls that change a table', () => {
  it('changes one index a call, removing before adding', () => {
    const [first, second] = LIVE.GlobalSecondaryIndexes!;
    const live = { ...LIVE, GlobalSecondaryIndexes: ['x_one', 'x_two'].map((IndexName) => ({ ...second!, IndexName })) };
    const found = calls(WANT, live) as { UpdateTable: { GlobalSecondaryIndexUpdates: object[] } }[];
    expect(found.map(({ UpdateTable }) => UpdateTable.GlobalSecondaryIndexUpdates)).toEqual([
      [{ Delete: { IndexName: 'x_one' } }],
      [{ Delete: { IndexName: 'x_two' } }],
      [{ Create: WANT.GlobalSecondaryIndexes![0] }],
      [{ Create: WANT.GlobalSecondaryIndexes![1] }],
    ]);
    expect(first).toBeDefined();
    expect(found[2]).toHaveProperty('UpdateTable.AttributeDefinitions', WANT.AttributeDefinitions);
  });

  it('gives every index its capacity when billing becomes provisioned', () => {
    const live = { ...LIVE, BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' } };
    const units = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };
    expect(calls(WANT, live)).toEqual([
      {
        UpdateTable: {
          BillingMode: 'PROVISIONED',
          ProvisionedThroughput: WANT.ProvisionedThroughput,
          GlobalSecondaryIndexUpdates: ['by_node', 'by_topic'].map((IndexName) => ({
            Update: { IndexName, ProvisionedThroughput: units },
          })),
        },
      },
    ]);
  });

  it('sets limits after the table is on demand', () => {
    const want = { ...withBilling(WANT, 'on-demand'), OnDemandThroughput: { MaxReadRequestUnits: 9 } };
    expect(calls(want, LIVE)).toEqual([
      { UpdateTable: { BillingMode: 'PAY_PER_REQUEST' } },
      { UpdateTable: { OnDemandThroughput: { MaxReadRequestUnits: 9 } } },
    ]);
  });

  it('switches a stream off and on for another view, and TTL for another attribute', () => {
    const want: TableDefinition = {
      ...WANT,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
    };
    const live = { ...LIVE, StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } };
    expect(calls(want, live, { timeToLive: { TimeToLiveStatus: 'ENABLED', AttributeName: 'old' } })).toEqual([
      { UpdateTable: { StreamSpecification: { StreamEnabled: false } } },
      { UpdateTable: { StreamSpecification: want.StreamSpecification } },
      { UpdateTimeToLive: { TimeToLiveSpecification: { Enabled: false, AttributeName: 'old' } } },
      { UpdateTimeToLive: { TimeToLiveSpecification: want.TimeToLiveSpecification } },
    ]);
  });

  it('creates a table, and then what CreateTable does not take', () => {
    const want: TableDefinition = {
      ...WANT,
      LocalSecondaryIndexes: [],
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    };
    const steps = stepsFor(want, [missingTable(want)]);
    expect(steps.map(({ operation }) => operation)).toEqual(['CreateTable', 'UpdateTimeToLive', 'UpdateContinuousBackups']);
    expect(Object.keys(steps[0]!.input)).toEqual(Object.keys(WANT));
  });

  it('takes tags away and sets others', () => {
    const want = { ...WANT, Tags: [{ Key: 'team', Value: 'new' }] };
    const tags = [
      { Key: 'team', Value: 'old' },
      { Key: 'gone', Value: '' },
    ];
    expect(calls(want, LIVE, { tags })).toEqual([
      { UntagResource: { TagKeys: ['gone'] } },
      { TagResource: { Tags: [{ Key: 'team', Value: 'new' }] } },
    ]);
  });

  it('has nothing to do for a table that is as it is wanted', () => {
    expect(calls(WANT, LIVE)).toEqual([]);
  });
});

import type { Difference } from './compare.ts';
import { createTableInput, type CreateTableInput, type IndexInput, type Tag, type TableDefinition } from './definition.ts';
import type { Fact } from './facts.ts';

type Specified<K extends keyof TableDefinition> = { [member in K]?: TableDefinition[member] | undefined };

/** UpdateTable's members, of which a step has those of one kind of change. */
export type UpdateTableInput = Specified<
  | 'BillingMode'
  | 'ProvisionedThroughput'
  | 'OnDemandThroughput'
  | 'DeletionProtectionEnabled'
  | 'TableClass'
  | 'SSESpecification'
  | 'StreamSpecification'
  | 'AttributeDefinitions'
> & { GlobalSecondaryIndexUpdates?: IndexUpdate[] };

type IndexUpdate =
  | { Create: IndexInput }
  | { Delete: { IndexName: string } }
  | { Update: { IndexName: string } & Specified<'ProvisionedThroughput' | 'OnDemandThroughput'> };

/** Calls that change a table, with what goes in; the name with its prefix, and the ARN, only the live side knows. */
export type StepInputs = {
  CreateTable: CreateTableInput;
  UpdateTable: UpdateTableInput;
  UpdateTimeToLive: { TimeToLiveSpecification: { Enabled: boolean; AttributeName?: string | undefined } };
  UpdateContinuousBackups: Specified<'PointInTimeRecoverySpecification'>;
  TagResource: { Tags: Tag[] };
  UntagResource: { TagKeys: string[] };
};

export type StepOperation = keyof StepInputs;

/** What a path says before a step and after it. */
export type Effect = { path: string; before: Fact; after: Fact };

/** The changes of indexes that a step makes. */
export function indexUpdatesOf({ operation, input }: Step): readonly IndexUpdate[] {
  return (operation === 'UpdateTable' ? input.GlobalSecondaryIndexUpdates : undefined) ?? [];
}

/** One call and what it changes. */
export type Step = { [O in StepOperation]: StepOf<O> }[StepOperation];

type StepOf<O extends StepOperation> = { table: string; operation: O; input: StepInputs[O]; effects: readonly Effect[] };

/**
 * The calls that turn a live table into the wanted one, in the order in which DynamoDB takes them: one kind of change a call,
 * one index a call. `differences` holds no re-creation. Source: DynamoDB API reference, UpdateTable.
 */
export function stepsFor(want: TableDefinition, differences: readonly Difference[]): Step[] {
  if (differences.some(({ path }) => path === 'TableName')) return creation(want, differences);
  const of = (...members: string[]) => differences.filter(({ path }) => members.includes(path.replace(/\..*$/s, '')));
  return [
    ...protection(want, of('DeletionProtectionEnabled')),
    ...removedIndexes(want, of('GlobalSecondaryIndexes')),
    ...capacity(want, differences),
    ...addedIndexes(want, of('GlobalSecondaryIndexes')),
    ...simple(want, 'TableClass', of('TableClass')),
    ...simple(want, 'SSESpecification', of('SSESpecification')),
    ...stream(want, of('StreamSpecification')),
    ...timeToLive(want, of('TimeToLiveSpecification')),
    ...recovery(want, of('PointInTimeRecoverySpecification')),
    ...tags(want, of('Tags')),
  ];
}

function step<O extends StepOperation>(
  want: TableDefinition,
  operation: O,
  input: StepInputs[O],
  changed: readonly Difference[],
): StepOf<O> {
  const effects = changed.map(({ path, want: after, have: before }): Effect => ({ path, before, after }));
  return { table: want.TableName, operation, input, effects };
}

/** A new table, and after it the settings that CreateTable does not take. */
function creation(want: TableDefinition, differences: readonly Difference[]): Step[] {
  const { TimeToLiveSpecification: ttl, PointInTimeRecoverySpecification: backups } = want;
  const steps: Step[] = [step(want, 'CreateTable', createTableInput(want), differences)];
  const from = (path: string, to: Fact, before: Fact): Difference => ({
    table: want.TableName,
    path,
    want: to,
    have: before,
    change: 'in-place',
  });
  if (ttl?.Enabled) {
    steps.push(
      ...timeToLive(want, [
        from('TimeToLiveSpecification.Enabled', true, false),
        from('TimeToLiveSpecification.AttributeName', ttl.AttributeName ?? null, null),
      ]),
    );
  }
  if (backups?.PointInTimeRecoveryEnabled) {
    steps.push(...recovery(want, [from('PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled', true, false)]));
  }
  return steps;
}

function protection(want: TableDefinition, changed: readonly Difference[]): Step[] {
  return simple(want, 'DeletionProtectionEnabled', changed);
}

/** A member that UpdateTable takes as it is. */
function simple(
  want: TableDefinition,
  member: 'DeletionProtectionEnabled' | 'TableClass' | 'SSESpecification',
  changed: readonly Difference[],
): Step[] {
  return changed.length === 0 ? [] : [step(want, 'UpdateTable', { [member]: want[member] }, changed)];
}

const CAPACITY = /^BillingMode$|(?:^|\.)ProvisionedThroughput\.(?:Read|Write)CapacityUnits$/;
const LIMITS = /(?:^|\.)OnDemandThroughput\.Max(?:Read|Write)RequestUnits$/;

/** Billing mode and capacity units go in one call, limits in another: they need a table that is on demand already. */
function capacity(want: TableDefinition, differences: readonly Difference[]): Step[] {
  const steps: Step[] = [];
  const changed = differences.filter(({ path }) => CAPACITY.test(path));
  if (changed.length > 0) {
    const billing = changed.some(({ path }) => path === 'BillingMode');
    const provisioned = want.BillingMode !== 'PAY_PER_REQUEST';
    const own = provisioned && (billing || changed.some(({ path }) => path.startsWith('ProvisionedThroughput.')));
    const indexes = !provisioned ? [] : billing ? keptIndexes(want, differences) : changedIndexes(want, changed);
    const input = {
      ...(billing ? { BillingMode: want.BillingMode ?? 'PROVISIONED' } : {}),
      ...(own ? { ProvisionedThroughput: want.ProvisionedThroughput } : {}),
      ...(indexes.length === 0
        ? {}
        : {
            GlobalSecondaryIndexUpdates: indexes.map(({ IndexName, ProvisionedThroughput }) => ({
              Update: { IndexName, ProvisionedThroughput },
            })),
          }),
    };
    steps.push(step(want, 'UpdateTable', input, changed));
  }
  const limits = differences.filter(({ path }) => LIMITS.test(path));
  if (limits.length > 0) {
    const own = limits.some(({ path }) => path.startsWith('OnDemandThroughput.'));
    const indexes = changedIndexes(want, limits);
    const input = {
      ...(own ? { OnDemandThroughput: want.OnDemandThroughput } : {}),
      ...(indexes.length === 0
        ? {}
        : {
            GlobalSecondaryIndexUpdates: indexes.map(({ IndexName, OnDemandThroughput }) => ({
              Update: { IndexName, OnDemandThroughput },
            })),
          }),
    };
    steps.push(step(want, 'UpdateTable', input, limits));
  }
  return steps;
}

/** The indexes of the definition that are there already. */
function keptIndexes(want: TableDefinition, differences: readonly Difference[]): IndexInput[] {
  const added = differences.filter(({ change }) => change === 'create').map(({ path }) => path);
  return (want.GlobalSecondaryIndexes ?? []).filter(({ IndexName: name }) => !added.includes(`GlobalSecondaryIndexes.${name}`));
}

/** The indexes of the definition under which one of the changes lies. */
function changedIndexes(want: TableDefinition, changed: readonly Difference[]): IndexInput[] {
  return (want.GlobalSecondaryIndexes ?? []).filter(({ IndexName: name }) =>
    changed.some(({ path }) => path.startsWith(`GlobalSecondaryIndexes.${name}.`) && isCapacityOf(path, name)),
  );
}

function isCapacityOf(path: string, name: string): boolean {
  return /^(ProvisionedThroughput|OnDemandThroughput)\.[^.]+$/.test(path.slice(`GlobalSecondaryIndexes.${name}.`.length));
}

function removedIndexes(want: TableDefinition, changed: readonly Difference[]): Step[] {
  return changed
    .filter((difference) => difference.want === null)
    .map((difference) => {
      const IndexName = difference.path.slice('GlobalSecondaryIndexes.'.length);
      return step(want, 'UpdateTable', { GlobalSecondaryIndexUpdates: [{ Delete: { IndexName } }] }, [difference]);
    });
}

function addedIndexes(want: TableDefinition, changed: readonly Difference[]): Step[] {
  return changed
    .filter(({ change }) => change === 'create')
    .map((difference) => {
      const name = difference.path.slice('GlobalSecondaryIndexes.'.length);
      const index = want.GlobalSecondaryIndexes?.find(({ IndexName }) => IndexName === name);
      if (index === undefined) throw new Error(`${want.TableName} wants no index ${name}`);
      const keys = [...want.KeySchema, ...index.KeySchema].map(({ AttributeName }) => AttributeName);
      const AttributeDefinitions = want.AttributeDefinitions.filter(({ AttributeName }) => keys.includes(AttributeName));
      return step(want, 'UpdateTable', { AttributeDefinitions, GlobalSecondaryIndexUpdates: [{ Create: index }] }, [difference]);
    });
}

/** The view of a stream cannot be changed: it is switched off and on again, and readers find a new stream. */
function stream(want: TableDefinition, changed: readonly Difference[]): Step[] {
  const [view] = changed;
  if (view === undefined) return [];
  const { StreamSpecification } = want;
  const enabled = changed.find(({ path }) => path.endsWith('.StreamEnabled'));
  if (enabled) return [step(want, 'UpdateTable', { StreamSpecification }, changed)];
  const path = 'StreamSpecification.StreamEnabled';
  return [
    {
      ...step(want, 'UpdateTable', { StreamSpecification: { StreamEnabled: false } }, []),
      effects: [
        { path, before: true, after: false },
        { path: view.path, before: view.have, after: null },
      ],
    },
    {
      ...step(want, 'UpdateTable', { StreamSpecification }, []),
      effects: [
        { path, before: false, after: true },
        { path: view.path, before: null, after: view.want },
      ],
    },
  ];
}

/** Another attribute means: off, then on. DynamoDB takes one such change an hour and says so. */
function timeToLive(want: TableDefinition, changed: readonly Difference[]): Step[] {
  if (changed.length === 0) return [];
  const operation = 'UpdateTimeToLive';
  const enabled = changed.find(({ path }) => path.endsWith('.Enabled'));
  const attribute = changed.find(({ path }) => path.endsWith('.AttributeName'));
  if (enabled?.want === false) {
    // the call wants the attribute that is in use; the runner reads it from the live side
    return [step(want, operation, { TimeToLiveSpecification: { Enabled: false } }, changed)];
  }
  const on = { TimeToLiveSpecification: { Enabled: true, AttributeName: want.TimeToLiveSpecification?.AttributeName } };
  if (enabled || !attribute) return [step(want, operation, on, changed)];
  const { path } = attribute;
  const flag = 'TimeToLiveSpecification.Enabled';
  return [
    {
      ...step(want, operation, { TimeToLiveSpecification: { Enabled: false, AttributeName: textOf(attribute.have) } }, []),
      effects: [
        { path: flag, before: true, after: false },
        { path, before: attribute.have, after: null },
      ],
    },
    {
      ...step(want, operation, on, []),
      effects: [
        { path: flag, before: false, after: true },
        { path, before: null, after: attribute.want },
      ],
    },
  ];
}

function recovery(want: TableDefinition, changed: readonly Difference[]): Step[] {
  const { PointInTimeRecoverySpecification } = want;
  return changed.length === 0 ? [] : [step(want, 'UpdateContinuousBackups', { PointInTimeRecoverySpecification }, changed)];
}

/** Names and values of tags are texts. */
function textOf(fact: Fact): string | undefined {
  return typeof fact === 'string' ? fact : undefined;
}

function keyOf({ path }: Difference): string {
  return path.slice('Tags.'.length);
}

function tags(want: TableDefinition, changed: readonly Difference[]): Step[] {
  const gone = changed.filter((difference) => difference.want === null);
  const set = changed.filter((difference) => difference.want !== null);
  return [
    ...(gone.length === 0 ? [] : [step(want, 'UntagResource', { TagKeys: gone.map(keyOf) }, gone)]),
    ...(set.length === 0
      ? []
      : [step(want, 'TagResource', { Tags: set.map((tag) => ({ Key: keyOf(tag), Value: textOf(tag.want) ?? '' })) }, set)]),
  ];
}

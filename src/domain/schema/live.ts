import type {
  AttributeDefinition,
  IndexInput,
  KeyElement,
  OnDemandLimits,
  Tag,
  TableDefinition,
  Throughput,
} from './definition.ts';

/** What DescribeTable tells of a live table, in the service's own words. */
export type LiveTable = {
  TableName: string;
  TableStatus: string;
  TableId?: string;
  TableArn?: string;
  KeySchema: KeyElement[];
  AttributeDefinitions: AttributeDefinition[];
  ProvisionedThroughput?: Throughput;
  OnDemandThroughput?: OnDemandLimits;
  BillingModeSummary?: { BillingMode: string };
  ItemCount?: number;
  TableSizeBytes?: number;
  CreationDateTime?: number;
  DeletionProtectionEnabled?: boolean;
  GlobalSecondaryIndexes?: LiveIndex[];
  LocalSecondaryIndexes?: LiveIndex[];
  StreamSpecification?: { StreamEnabled: boolean; StreamViewType?: string };
  TableClassSummary?: { TableClass?: string };
  SSEDescription?: { Status?: string; SSEType?: string; KMSMasterKeyArn?: string };
  ArchivalSummary?: { ArchivalReason?: string };
};

export type LiveIndex = {
  IndexName: string;
  IndexStatus?: string;
  Backfilling?: boolean;
  KeySchema: KeyElement[];
  Projection: { ProjectionType?: string; NonKeyAttributes?: string[] };
  ProvisionedThroughput?: Throughput;
  OnDemandThroughput?: OnDemandLimits;
};

/** Settings that DescribeTable does not tell. A member that could not be read (not known, not allowed) is left out. */
export type LiveSettings = {
  timeToLive?: { TimeToLiveStatus?: string | undefined; AttributeName?: string | undefined };
  recovery?: { PointInTimeRecoveryStatus?: string; RecoveryPeriodInDays?: number };
  tags?: readonly Tag[];
};

/** True where nothing is paid by capacity unit. Some engines tell it by 0 and 0 units alone. */
export function isOnDemand(table: Pick<LiveTable, 'BillingModeSummary' | 'ProvisionedThroughput'>): boolean {
  const { BillingModeSummary: summary, ProvisionedThroughput: units } = table;
  if (summary?.BillingMode === 'PAY_PER_REQUEST') return true;
  return (units?.ReadCapacityUnits ?? 0) === 0 && (units?.WriteCapacityUnits ?? 0) === 0;
}

/** Provisioned units of a table and its indexes together; undefined when it is on-demand. */
export function provisionedCapacity(table: LiveTable): { read: number; write: number } | undefined {
  if (isOnDemand(table)) return undefined;
  const all = [table, ...(table.GlobalSecondaryIndexes ?? [])].map(({ ProvisionedThroughput: units }) => units);
  return {
    read: all.reduce((sum, units) => sum + (units?.ReadCapacityUnits ?? 0), 0),
    write: all.reduce((sum, units) => sum + (units?.WriteCapacityUnits ?? 0), 0),
  };
}

/**
 * A live table as a complete definition: every member that could be read is there, those at their default too. What the
 * service computes (counts, dates, ARNs, warm throughput) is not part of it.
 */
export function liveDefinition(table: LiveTable, settings: LiveSettings): TableDefinition {
  const onDemand = isOnDemand(table);
  const { timeToLive, recovery, tags } = settings;
  const stream = table.StreamSpecification;
  return {
    TableName: table.TableName,
    KeySchema: table.KeySchema,
    AttributeDefinitions: table.AttributeDefinitions,
    BillingMode: onDemand ? 'PAY_PER_REQUEST' : 'PROVISIONED',
    ...(onDemand ? { OnDemandThroughput: limitsOf(table) } : { ProvisionedThroughput: throughputOf(table) }),
    GlobalSecondaryIndexes: (table.GlobalSecondaryIndexes ?? [])
      .filter((index) => index.IndexStatus !== 'DELETING')
      .map((index) => ({
        ...indexOf(index),
        ...(onDemand ? { OnDemandThroughput: limitsOf(index) } : unitsOf(index)),
      })),
    LocalSecondaryIndexes: (table.LocalSecondaryIndexes ?? []).map(indexOf),
    ...(timeToLive === undefined ? {} : { TimeToLiveSpecification: timeToLiveOf(timeToLive) }),
    ...(recovery === undefined ? {} : { PointInTimeRecoverySpecification: recoveryOf(recovery) }),
    DeletionProtectionEnabled: table.DeletionProtectionEnabled ?? false,
    StreamSpecification: stream?.StreamEnabled ? { ...stream } : { StreamEnabled: false },
    TableClass: table.TableClassSummary?.TableClass ?? 'STANDARD',
    SSESpecification: encryptionOf(table),
    ...(tags === undefined ? {} : { Tags: tags.filter(({ Key }) => !Key.startsWith('aws:')) }),
  };
}

function limitsOf({ OnDemandThroughput: limits }: Pick<LiveTable, 'OnDemandThroughput'>): OnDemandLimits {
  return { MaxReadRequestUnits: limits?.MaxReadRequestUnits ?? -1, MaxWriteRequestUnits: limits?.MaxWriteRequestUnits ?? -1 };
}

function throughputOf({ ProvisionedThroughput: units }: LiveTable | LiveIndex): Throughput {
  return { ReadCapacityUnits: units?.ReadCapacityUnits ?? 0, WriteCapacityUnits: units?.WriteCapacityUnits ?? 0 };
}

/** Some engines forget the capacity of an index and tell 0 and 0, which no provisioned index can have. */
function unitsOf(index: LiveIndex): { ProvisionedThroughput?: Throughput } {
  const units = throughputOf(index);
  return units.ReadCapacityUnits > 0 && units.WriteCapacityUnits > 0 ? { ProvisionedThroughput: units } : {};
}

function indexOf({ IndexName, KeySchema, Projection }: LiveIndex): IndexInput {
  const { ProjectionType = 'ALL', NonKeyAttributes: others } = Projection;
  return {
    IndexName,
    KeySchema,
    Projection:
      others === undefined || others.length === 0 ? { ProjectionType } : { ProjectionType, NonKeyAttributes: others.toSorted() },
  };
}

function timeToLiveOf({ TimeToLiveStatus: status, AttributeName: name }: NonNullable<LiveSettings['timeToLive']>) {
  const on = status === 'ENABLED' || status === 'ENABLING';
  return on && name !== undefined ? { Enabled: true, AttributeName: name } : { Enabled: false };
}

function recoveryOf({ PointInTimeRecoveryStatus: status, RecoveryPeriodInDays: days }: NonNullable<LiveSettings['recovery']>) {
  if (status !== 'ENABLED') return { PointInTimeRecoveryEnabled: false };
  return days === undefined
    ? { PointInTimeRecoveryEnabled: true }
    : { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: days };
}

function encryptionOf({ SSEDescription: own }: LiveTable): NonNullable<TableDefinition['SSESpecification']> {
  if (own === undefined || !['ENABLED', 'ENABLING', 'UPDATING'].includes(own.Status ?? '')) return { Enabled: false };
  return own.KMSMasterKeyArn === undefined
    ? { Enabled: true, SSEType: own.SSEType ?? 'KMS' }
    : { Enabled: true, SSEType: own.SSEType ?? 'KMS', KMSMasterKeyId: own.KMSMasterKeyArn };
}

/** A live table as a schema file under the name that it has there: everything that is not at its default. */
export function schemaFileOf(table: LiveTable, settings: LiveSettings, name: string): TableDefinition {
  const full = liveDefinition(table, settings);
  const { BillingMode: billing, OnDemandThroughput: limits, ProvisionedThroughput: units, ...rest } = full;
  const file: TableDefinition = {
    TableName: name,
    KeySchema: rest.KeySchema,
    AttributeDefinitions: rest.AttributeDefinitions,
    ...(units === undefined ? billing && { BillingMode: billing } : { ProvisionedThroughput: units }),
  };
  const own = limits && finite(limits);
  if (own) file.OnDemandThroughput = own;
  const indexes = rest.GlobalSecondaryIndexes?.map((index) =>
    withFiniteLimits(units === undefined ? index : { ProvisionedThroughput: units, ...index }),
  );
  if (indexes?.length) file.GlobalSecondaryIndexes = indexes;
  if (rest.LocalSecondaryIndexes?.length) file.LocalSecondaryIndexes = rest.LocalSecondaryIndexes;
  if (rest.TimeToLiveSpecification?.Enabled) file.TimeToLiveSpecification = rest.TimeToLiveSpecification;
  if (rest.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled) {
    file.PointInTimeRecoverySpecification = rest.PointInTimeRecoverySpecification;
  }
  if (rest.DeletionProtectionEnabled) file.DeletionProtectionEnabled = true;
  if (rest.StreamSpecification?.StreamEnabled) file.StreamSpecification = rest.StreamSpecification;
  if (rest.TableClass !== undefined && rest.TableClass !== 'STANDARD') file.TableClass = rest.TableClass;
  if (rest.SSESpecification?.Enabled) file.SSESpecification = rest.SSESpecification;
  if (rest.Tags?.length) file.Tags = rest.Tags.toSorted((a, b) => (a.Key < b.Key ? -1 : 1));
  return file;
}

/** A schema file with everything that it leaves at its default: how the table that it was made from differs from another file. */
export function withDefaults(file: TableDefinition): TableDefinition {
  const onDemand = file.BillingMode === 'PAY_PER_REQUEST';
  const limited = <T extends IndexInput | TableDefinition>(part: T): T =>
    onDemand ? { ...part, OnDemandThroughput: limitsOf(part) } : part;
  return limited({
    TimeToLiveSpecification: { Enabled: false },
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
    DeletionProtectionEnabled: false,
    StreamSpecification: { StreamEnabled: false },
    TableClass: 'STANDARD',
    SSESpecification: { Enabled: false },
    Tags: [],
    ...file,
    GlobalSecondaryIndexes: (file.GlobalSecondaryIndexes ?? []).map(limited),
  });
}

function withFiniteLimits({ OnDemandThroughput: limits, ...index }: IndexInput): IndexInput {
  const own = limits && finite(limits);
  return own ? { ...index, OnDemandThroughput: own } : index;
}

/** The limits that limit something. */
function finite(limits: OnDemandLimits): OnDemandLimits | undefined {
  const entries = Object.entries(limits).filter(([, units]) => units > 0);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

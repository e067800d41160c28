import { KEYS, type TableName } from '../records/tables.ts';

/** Key element in CreateTable's own form. */
export type KeyElement = { AttributeName: string; KeyType: 'HASH' | 'RANGE' };

export type AttributeDefinition = { AttributeName: string; AttributeType: 'S' | 'N' | 'B' };

export type Throughput = { ReadCapacityUnits: number; WriteCapacityUnits: number };

export type OnDemandLimits = { MaxReadRequestUnits?: number; MaxWriteRequestUnits?: number };

export type Tag = { Key: string; Value: string };

export type Projection = { ProjectionType: string; NonKeyAttributes?: string[] };

export type IndexInput = {
  IndexName: string;
  KeySchema: KeyElement[];
  Projection: Projection;
  ProvisionedThroughput?: Throughput;
  OnDemandThroughput?: OnDemandLimits;
};

/** A table as CreateTable takes it. */
export type CreateTableInput = {
  TableName: string;
  KeySchema: KeyElement[];
  AttributeDefinitions: AttributeDefinition[];
  BillingMode?: 'PROVISIONED' | 'PAY_PER_REQUEST';
  ProvisionedThroughput?: Throughput;
  OnDemandThroughput?: OnDemandLimits;
  GlobalSecondaryIndexes?: IndexInput[];
  LocalSecondaryIndexes?: IndexInput[];
  DeletionProtectionEnabled?: boolean;
  StreamSpecification?: { StreamEnabled: boolean; StreamViewType?: string };
  TableClass?: string;
  SSESpecification?: { Enabled: boolean; SSEType?: string; KMSMasterKeyId?: string };
  Tags?: Tag[];
};

/** A schema file: CreateTable's members, and the two settings that have calls of their own. */
export type TableDefinition = CreateTableInput & {
  TimeToLiveSpecification?: { Enabled: boolean; AttributeName?: string };
  PointInTimeRecoverySpecification?: { PointInTimeRecoveryEnabled: boolean; RecoveryPeriodInDays?: number };
};

/** The part of a definition that CreateTable takes; empty lists, which it refuses, are left out. */
export function createTableInput(definition: TableDefinition): CreateTableInput {
  const { TimeToLiveSpecification: _, PointInTimeRecoverySpecification: __, ...input } = definition;
  for (const name of ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes', 'Tags'] as const) {
    if (input[name]?.length === 0) delete input[name];
  }
  return input;
}

/** A definition under another billing mode; tables and indexes without capacity units get 5 and 5. */
export function withBilling(definition: TableDefinition, billing: 'provisioned' | 'on-demand'): TableDefinition {
  const units = definition.ProvisionedThroughput ?? { ReadCapacityUnits: 5, WriteCapacityUnits: 5 };
  const change = <T extends { ProvisionedThroughput?: Throughput; OnDemandThroughput?: OnDemandLimits }>(part: T) => {
    const { ProvisionedThroughput: own, OnDemandThroughput: limits, ...rest } = part;
    if (billing === 'provisioned') return { ...rest, ProvisionedThroughput: own ?? units };
    return limits === undefined ? rest : { ...rest, OnDemandThroughput: limits };
  };
  const { GlobalSecondaryIndexes: indexes } = definition;
  return {
    ...(change(definition) as TableDefinition),
    BillingMode: billing === 'on-demand' ? 'PAY_PER_REQUEST' : 'PROVISIONED',
    ...(indexes === undefined ? {} : { GlobalSecondaryIndexes: indexes.map((index) => change(index) as IndexInput) }),
  };
}

/** The key schema that the backend needs. */
export function backendKeys(table: TableName): KeyElement[] {
  return KEYS[table].map((AttributeName, position) => ({ AttributeName, KeyType: position === 0 ? 'HASH' : 'RANGE' }));
}

/** A key schema in words: `(clientid HASH, topic RANGE)`. */
export function keyInWords(keys: readonly KeyElement[]): string {
  const ordered = keys.toSorted((a, b) => (a.KeyType < b.KeyType ? -1 : a.KeyType > b.KeyType ? 1 : 0));
  return `(${ordered.map((key) => `${key.AttributeName} ${key.KeyType}`).join(', ')})`;
}

export function sameKeys(a: readonly KeyElement[], b: readonly KeyElement[]): boolean {
  return keyInWords(a) === keyInWords(b);
}

/**
 * The backend that uses a table of this name with these keys, where it is a well-known other one.
 * Source: EMQX documentation, DynamoDB data integration.
 */
export function knownOwner(keys: readonly KeyElement[]): string | undefined {
  const names = keys.map((key) => key.AttributeName).join(' ');
  return names === 'id' || names === 'device_id timestamp' ? "EMQX 5's own DynamoDB action" : undefined;
}

import { keyInWords, type IndexInput, type OnDemandLimits, type TableDefinition, type Throughput } from './definition.ts';

/** What one path of a definition says, in a form in which equal things are equal. */
export type Fact = string | number | boolean | null;

export type Facts = ReadonlyMap<string, Fact>;

/**
 * A definition as facts by path, such as `ProvisionedThroughput.ReadCapacityUnits` or `Tags.team`. Elements of lists go by
 * their names, so that their order says nothing. Only what the definition names has a fact; what it does not name is not ruled by it.
 * Keys, billing and indexes are always named: CreateTable without them means PROVISIONED and no index.
 */
export function factsOf(definition: TableDefinition): Facts {
  const facts = new Map<string, Fact>();
  const put = (path: string, fact: Fact | undefined) => {
    if (fact !== undefined) facts.set(path, fact);
  };
  const onDemand = definition.BillingMode === 'PAY_PER_REQUEST';
  put('KeySchema', keyInWords(definition.KeySchema));
  for (const { AttributeName: name, AttributeType: type } of definition.AttributeDefinitions) {
    put(`AttributeDefinitions.${name}`, type);
  }
  put('BillingMode', definition.BillingMode ?? 'PROVISIONED');
  putCapacity(put, '', definition, onDemand);
  for (const index of definition.GlobalSecondaryIndexes ?? []) {
    const path = `GlobalSecondaryIndexes.${index.IndexName}`;
    put(path, indexInWords(index));
    putCapacity(put, `${path}.`, index, onDemand);
  }
  for (const index of definition.LocalSecondaryIndexes ?? []) {
    put(`LocalSecondaryIndexes.${index.IndexName}`, indexInWords(index));
  }
  putSettings(put, definition);
  return facts;
}

type Put = (path: string, fact: Fact | undefined) => void;

function putCapacity(
  put: Put,
  before: string,
  part: { ProvisionedThroughput?: Throughput; OnDemandThroughput?: OnDemandLimits },
  onDemand: boolean,
): void {
  if (!onDemand) {
    put(`${before}ProvisionedThroughput.ReadCapacityUnits`, part.ProvisionedThroughput?.ReadCapacityUnits);
    put(`${before}ProvisionedThroughput.WriteCapacityUnits`, part.ProvisionedThroughput?.WriteCapacityUnits);
  } else if (part.OnDemandThroughput !== undefined) {
    put(`${before}OnDemandThroughput.MaxReadRequestUnits`, part.OnDemandThroughput.MaxReadRequestUnits ?? -1);
    put(`${before}OnDemandThroughput.MaxWriteRequestUnits`, part.OnDemandThroughput.MaxWriteRequestUnits ?? -1);
  }
}

function putSettings(put: Put, definition: TableDefinition): void {
  const {
    TimeToLiveSpecification: ttl,
    PointInTimeRecoverySpecification: recovery,
    StreamSpecification: stream,
    SSESpecification: encryption,
  } = definition;
  put('TimeToLiveSpecification.Enabled', ttl?.Enabled);
  if (ttl?.Enabled) put('TimeToLiveSpecification.AttributeName', ttl.AttributeName);
  put('PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled', recovery?.PointInTimeRecoveryEnabled);
  put('PointInTimeRecoverySpecification.RecoveryPeriodInDays', recovery?.RecoveryPeriodInDays);
  put('DeletionProtectionEnabled', definition.DeletionProtectionEnabled);
  put('StreamSpecification.StreamEnabled', stream?.StreamEnabled);
  if (stream?.StreamEnabled) put('StreamSpecification.StreamViewType', stream.StreamViewType);
  put('TableClass', definition.TableClass);
  put('SSESpecification.Enabled', encryption?.Enabled);
  if (encryption?.Enabled) put('SSESpecification.KMSMasterKeyId', encryption.KMSMasterKeyId);
  for (const { Key: key, Value: value } of definition.Tags ?? []) put(`Tags.${key}`, value);
}

/** Keys and projection of an index; the other attributes in the order of their names. */
export function indexInWords({ KeySchema: keys, Projection: projection }: IndexInput): string {
  const others = projection.NonKeyAttributes?.toSorted().join(', ');
  return `${keyInWords(keys)} ${projection.ProjectionType}${others === undefined ? '' : ` ${others}`}`;
}

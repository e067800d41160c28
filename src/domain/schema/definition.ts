/** Key element in CreateTable's own form. */
export type KeyElement = { AttributeName: string; KeyType: 'HASH' | 'RANGE' };

export type Throughput = { ReadCapacityUnits: number; WriteCapacityUnits: number };

export type IndexInput = {
  IndexName: string;
  KeySchema: KeyElement[];
  Projection: { ProjectionType: string; NonKeyAttributes?: string[] };
  ProvisionedThroughput?: Throughput;
};

/** A table as CreateTable takes it. */
export type CreateTableInput = {
  TableName: string;
  KeySchema: KeyElement[];
  AttributeDefinitions: { AttributeName: string; AttributeType: 'S' | 'N' | 'B' }[];
  BillingMode?: 'PROVISIONED' | 'PAY_PER_REQUEST';
  ProvisionedThroughput?: Throughput;
  GlobalSecondaryIndexes?: IndexInput[];
  LocalSecondaryIndexes?: IndexInput[];
  [member: string]: unknown;
};

/** A key schema in words: `(clientid HASH, topic RANGE)`. */
export function keyInWords(keys: readonly KeyElement[]): string {
  return `(${keys.map((key) => `${key.AttributeName} ${key.KeyType}`).join(', ')})`;
}

export function sameKeys(a: readonly KeyElement[], b: readonly KeyElement[]): boolean {
  return keyInWords(a) === keyInWords(b);
}

/** The backend that uses a table of this name with these keys, where it is a well-known other one. Source: facts 3f. */
export function knownOwner(keys: readonly KeyElement[]): string | undefined {
  const names = keys.map((key) => key.AttributeName).join(' ');
  return names === 'id' || names === 'device_id timestamp' ? "EMQX 5's own DynamoDB action" : undefined;
}

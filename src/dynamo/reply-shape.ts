/** A member of a reply: what it has to be where it is there at all. Returns where it is something else. */
type Shape = (value: unknown, path: string) => string | undefined;

const is =
  (...types: string[]): Shape =>
  (value, path) =>
    types.includes(typeof value) ? undefined : path;

const text = is('string');
const amount = is('number');

const listOf =
  (element: Shape): Shape =>
  (value, path) => {
    if (!Array.isArray(value)) return path;
    for (const one of value) {
      const fault = element(one, `${path}[]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

const mapOf =
  (element: Shape): Shape =>
  (value, path) => {
    if (!isObject(value)) return path;
    for (const name of Object.keys(value)) {
      const fault = element(value[name], `${path}.${name}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

/** `needed` members must be there; others that are named must be right where they are. */
const objectOf =
  (members: Readonly<Record<string, Shape>>, needed: readonly string[] = []): Shape =>
  (value, path) => {
    if (!isObject(value)) return path;
    for (const name of needed) if (!Object.hasOwn(value, name)) return `${path}.${name}`;
    for (const name of Object.keys(members)) {
      const fault = Object.hasOwn(value, name) ? members[name]!(value[name], `${path}.${name}`) : undefined;
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

const VALUES: Readonly<Record<string, Shape>> = {
  S: text,
  N: text,
  B: text,
  BOOL: is('boolean'),
  NULL: is('boolean'),
  SS: listOf(text),
  NS: listOf(text),
  BS: listOf(text),
  L: (value, path) => listOf(attributeValue)(value, path),
  M: (value, path) => item(value, path),
};

/** One member, named by the type of the value. */
function attributeValue(value: unknown, path: string): string | undefined {
  if (!isObject(value)) return path;
  let fault: string | undefined = path;
  for (const type in value) {
    const shape = VALUES[type];
    if (fault !== path || shape === undefined) return path;
    fault = shape(value[type], `${path}.${type}`);
    if (fault !== undefined) return fault;
  }
  return fault;
}

const item = mapOf(attributeValue);
const capacity = objectOf({ CapacityUnits: amount }, ['CapacityUnits']);
const page = objectOf({
  Items: listOf(item),
  Count: amount,
  ScannedCount: amount,
  LastEvaluatedKey: item,
  ConsumedCapacity: capacity,
});
const keySchema = listOf(objectOf({ AttributeName: text, KeyType: text }, ['AttributeName', 'KeyType']));
const table = objectOf(
  {
    TableName: text,
    TableStatus: text,
    KeySchema: keySchema,
    AttributeDefinitions: listOf(objectOf({ AttributeName: text, AttributeType: text }, ['AttributeName', 'AttributeType'])),
    ItemCount: amount,
    TableSizeBytes: amount,
    GlobalSecondaryIndexes: listOf(objectOf({ IndexName: text, KeySchema: keySchema }, ['IndexName', 'KeySchema'])),
    LocalSecondaryIndexes: listOf(objectOf({ IndexName: text, KeySchema: keySchema }, ['IndexName', 'KeySchema'])),
  },
  ['TableName', 'TableStatus', 'KeySchema'],
);
const writeRequests = listOf(
  objectOf({ PutRequest: objectOf({ Item: item }, ['Item']), DeleteRequest: objectOf({ Key: item }, ['Key']) }),
);

/** What is used of the reply to an operation; of every other one that it is an object. */
const REPLIES: Readonly<Record<string, Shape>> = {
  Scan: page,
  Query: page,
  GetItem: objectOf({ Item: item, ConsumedCapacity: capacity }),
  BatchGetItem: objectOf({
    Responses: mapOf(listOf(item)),
    UnprocessedKeys: mapOf(objectOf({ Keys: listOf(item) }, ['Keys'])),
    ConsumedCapacity: listOf(capacity),
  }),
  BatchWriteItem: objectOf({ UnprocessedItems: mapOf(writeRequests), ConsumedCapacity: listOf(capacity) }),
  UpdateItem: objectOf({ ConsumedCapacity: capacity }),
  DescribeTable: objectOf({ Table: table }, ['Table']),
  ListTables: objectOf({ TableNames: listOf(text), LastEvaluatedTableName: text }, ['TableNames']),
  ListTagsOfResource: objectOf({ Tags: listOf(objectOf({ Key: text, Value: text }, ['Key', 'Value'])), NextToken: text }),
  // answered without content
  TagResource: () => undefined,
  UntagResource: () => undefined,
  DescribeTimeToLive: objectOf({ TimeToLiveDescription: objectOf({ TimeToLiveStatus: text, AttributeName: text }) }),
  DescribeContinuousBackups: objectOf({
    ContinuousBackupsDescription: objectOf({
      PointInTimeRecoveryDescription: objectOf({ PointInTimeRecoveryStatus: text, RecoveryPeriodInDays: amount }),
    }),
  }),
};

const anyObject = objectOf({});

/** Where a reply is not what DynamoDB answers to the operation, as a path; undefined where it is. */
export function replyFault(operation: string, reply: unknown): string | undefined {
  return (REPLIES[operation] ?? anyObject)(reply, operation);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { Shape } from '../json/shape.ts';

const NAME_RULE = 'must be 3 to 255 characters of A-Z a-z 0-9 _ . -';
const ATTRIBUTE: Shape = { is: 'text', pattern: /^[\s\S]{1,255}$/, rule: 'must be a string of 1 to 255 characters' };
const TABLE_NAME: Shape = { is: 'text', pattern: /^[A-Za-z0-9_.-]{3,255}$/, rule: NAME_RULE };

const KEY_SCHEMA: Shape = {
  about: 'the HASH attribute, and after it the RANGE attribute where there is one',
  is: 'list',
  of: {
    is: 'object',
    members: { AttributeName: ATTRIBUTE, KeyType: { is: 'one-of', values: ['HASH', 'RANGE'] } },
    required: ['AttributeName', 'KeyType'],
  },
};

const UNITS: Shape = { is: 'whole', min: 1 };
const THROUGHPUT: Shape = {
  about: 'capacity units of BillingMode PROVISIONED',
  is: 'object',
  members: { ReadCapacityUnits: UNITS, WriteCapacityUnits: UNITS },
  required: ['ReadCapacityUnits', 'WriteCapacityUnits'],
};

const LIMIT: Shape = { is: 'whole', min: -1, rule: 'must be a whole number from 1, or -1 for no limit' };
const ON_DEMAND: Shape = {
  about: 'most units a second of BillingMode PAY_PER_REQUEST; -1 is no limit',
  is: 'object',
  members: { MaxReadRequestUnits: LIMIT, MaxWriteRequestUnits: LIMIT },
};

const PROJECTION: Shape = {
  is: 'object',
  members: {
    ProjectionType: { is: 'one-of', values: ['ALL', 'KEYS_ONLY', 'INCLUDE'] },
    NonKeyAttributes: { is: 'list', of: ATTRIBUTE, max: 100 },
  },
  required: ['ProjectionType'],
};

const INDEX = { IndexName: TABLE_NAME, KeySchema: KEY_SCHEMA, Projection: PROJECTION };
const INDEX_REQUIRED = ['IndexName', 'KeySchema', 'Projection'];

/**
 * A schema file: the members of CreateTable under their own names, and the two settings that have calls of their own under
 * the names of those calls. Source: DynamoDB API reference, CreateTable, UpdateTimeToLive, UpdateContinuousBackups.
 */
export const TABLE_SHAPE: Shape & { is: 'object' } = {
  about: 'A table of the EMQX DynamoDB backend, or one of your own, in the form of DynamoDB CreateTable.',
  is: 'object',
  required: ['TableName', 'KeySchema', 'AttributeDefinitions'],
  members: {
    $schema: { about: 'the JSON Schema of this file, for editors', is: 'text' },
    TableName: { ...TABLE_NAME, about: 'name of the table; --table-prefix comes before it on the live side' },
    KeySchema: KEY_SCHEMA,
    AttributeDefinitions: {
      about: 'type of every attribute that a key uses, and of no other',
      is: 'list',
      of: {
        is: 'object',
        members: { AttributeName: ATTRIBUTE, AttributeType: { is: 'one-of', values: ['S', 'N', 'B'] } },
        required: ['AttributeName', 'AttributeType'],
      },
    },
    BillingMode: { about: 'PROVISIONED when left out', is: 'one-of', values: ['PROVISIONED', 'PAY_PER_REQUEST'] },
    ProvisionedThroughput: THROUGHPUT,
    OnDemandThroughput: ON_DEMAND,
    GlobalSecondaryIndexes: {
      about: 'all global secondary indexes; none when left out',
      is: 'list',
      empty: true,
      max: 20,
      of: {
        is: 'object',
        members: { ...INDEX, ProvisionedThroughput: THROUGHPUT, OnDemandThroughput: ON_DEMAND },
        required: INDEX_REQUIRED,
      },
    },
    LocalSecondaryIndexes: {
      about: 'all local secondary indexes; none when left out. They can only be made together with the table',
      is: 'list',
      empty: true,
      max: 5,
      of: { is: 'object', members: INDEX, required: INDEX_REQUIRED },
    },
    TimeToLiveSpecification: {
      about: 'items whose attribute holds a past time in seconds are deleted',
      is: 'object',
      members: { Enabled: { is: 'flag' }, AttributeName: ATTRIBUTE },
      required: ['Enabled'],
    },
    PointInTimeRecoverySpecification: {
      about: 'continuous backups',
      is: 'object',
      members: { PointInTimeRecoveryEnabled: { is: 'flag' }, RecoveryPeriodInDays: { is: 'whole', min: 1, max: 35 } },
      required: ['PointInTimeRecoveryEnabled'],
    },
    DeletionProtectionEnabled: { about: 'a protected table cannot be dropped', is: 'flag' },
    StreamSpecification: {
      is: 'object',
      members: {
        StreamEnabled: { is: 'flag' },
        StreamViewType: { is: 'one-of', values: ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'] },
      },
      required: ['StreamEnabled'],
    },
    TableClass: { is: 'one-of', values: ['STANDARD', 'STANDARD_INFREQUENT_ACCESS'] },
    SSESpecification: {
      about: 'encryption with a key of AWS KMS instead of one that DynamoDB owns',
      is: 'object',
      members: { Enabled: { is: 'flag' }, SSEType: { is: 'one-of', values: ['KMS'] }, KMSMasterKeyId: { is: 'text' } },
      required: ['Enabled'],
    },
    Tags: {
      about: 'all tags of the table; those that AWS sets itself (aws:...) are not counted',
      is: 'list',
      empty: true,
      max: 50,
      of: {
        is: 'object',
        members: {
          Key: { is: 'text', pattern: /^(?!aws:)[\s\S]{1,128}$/, rule: 'must be 1 to 128 characters and not begin with aws:' },
          Value: { is: 'text', pattern: /^[\s\S]{0,256}$/, rule: 'must be a string of at most 256 characters' },
        },
        required: ['Key', 'Value'],
      },
    },
  },
};

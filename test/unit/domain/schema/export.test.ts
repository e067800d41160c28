import { describe, expect, it } from 'vitest';
import { cloudFormation } from '../../../../src/domain/schema/export-cloudformation.ts';
import { terraform } from '../../../../src/domain/schema/export-terraform.ts';
import { withBilling, type TableDefinition } from '../../../../src/domain/schema/definition.ts';
import { WANT } from './tables.ts';

const TABLE: TableDefinition = {
  ...WANT,
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
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  TableClass: 'STANDARD',
  SSESpecification: { Enabled: true, SSEType: 'KMS', KMSMasterKeyId: 'arn:aws:kms:eu-west-1:1:key/0' },
  Tags: [{ Key: 'team', Value: 'iot ${x}' }],
};
const LIMITED: TableDefinition = {
  ...withBilling(TABLE, 'on-demand'),
  OnDemandThroughput: { MaxReadRequestUnits: 5, MaxWriteRequestUnits: 6 },
};

/** Properties of AWS::DynamoDB::Table and of its property types, as the CloudFormation template reference lists them. */
const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  '': [
    'AttributeDefinitions',
    'BillingMode',
    'ContributorInsightsSpecification',
    'DeletionProtectionEnabled',
    'GlobalSecondaryIndexes',
    'ImportSourceSpecification',
    'KeySchema',
    'KinesisStreamSpecification',
    'LocalSecondaryIndexes',
    'OnDemandThroughput',
    'PointInTimeRecoverySpecification',
    'ProvisionedThroughput',
    'ResourcePolicy',
    'SSESpecification',
    'StreamSpecification',
    'TableClass',
    'TableName',
    'Tags',
    'TimeToLiveSpecification',
    'WarmThroughput',
  ],
  AttributeDefinitions: ['AttributeName', 'AttributeType'],
  GlobalSecondaryIndexes: [
    'ContributorInsightsSpecification',
    'IndexName',
    'KeySchema',
    'OnDemandThroughput',
    'Projection',
    'ProvisionedThroughput',
    'WarmThroughput',
  ],
  KeySchema: ['AttributeName', 'KeyType'],
  LocalSecondaryIndexes: ['IndexName', 'KeySchema', 'Projection'],
  OnDemandThroughput: ['MaxReadRequestUnits', 'MaxWriteRequestUnits'],
  PointInTimeRecoverySpecification: ['PointInTimeRecoveryEnabled', 'RecoveryPeriodInDays'],
  Projection: ['NonKeyAttributes', 'ProjectionType'],
  ProvisionedThroughput: ['ReadCapacityUnits', 'WriteCapacityUnits'],
  SSESpecification: ['KMSMasterKeyId', 'SSEEnabled', 'SSEType'],
  StreamSpecification: ['ResourcePolicy', 'StreamViewType'],
  Tags: ['Key', 'Value'],
  TimeToLiveSpecification: ['AttributeName', 'Enabled'],
};

/** Every object under a property holds names of its type only. */
function checkProperties(value: unknown, type: string): number {
  if (Array.isArray(value)) return value.reduce((count: number, element) => count + checkProperties(element, type), 0);
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  for (const [name, member] of Object.entries(value)) {
    expect(PROPERTIES[type], `${name} under ${type || 'Properties'}`).toContain(name);
    count += 1 + checkProperties(member, name);
  }
  return count;
}

describe('tables export --as cloudformation', () => {
  it.each([TABLE, LIMITED])('has documented properties only', (table) => {
    const { Resources } = JSON.parse(cloudFormation([table])) as {
      Resources: Record<string, { Type: string; Properties: object }>;
    };
    expect(Object.keys(Resources)).toEqual(['MqttSub']);
    expect(Resources['MqttSub']!.Type).toBe('AWS::DynamoDB::Table');
    expect(checkProperties(Resources['MqttSub']!.Properties, '')).toBeGreaterThan(50);
  });

  it('says what CloudFormation says by other names', () => {
    const template = JSON.parse(cloudFormation([TABLE])) as { Resources: { MqttSub: { Properties: object } } };
    expect(template.Resources.MqttSub.Properties).toMatchObject({
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    });
    const plain = cloudFormation([{ ...WANT, StreamSpecification: { StreamEnabled: false }, Tags: [] }]);
    expect(plain).not.toMatch(/StreamSpecification|Tags/);
  });

  it('keeps tables apart whose names differ in signs only', () => {
    const names = ['a.b', 'a_b', 'a-b'];
    const template = JSON.parse(cloudFormation(names.map((TableName) => ({ ...WANT, TableName })))) as { Resources: object };
    expect(Object.keys(template.Resources)).toEqual(['AB', 'AB2', 'AB3']);
  });
});

/** Arguments of aws_dynamodb_table and of its blocks, as the documentation of the Terraform AWS provider lists them. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  resource: [
    'billing_mode',
    'deletion_protection_enabled',
    'hash_key',
    'name',
    'range_key',
    'read_capacity',
    'stream_enabled',
    'stream_view_type',
    'table_class',
    'tags',
    'write_capacity',
  ],
  attribute: ['name', 'type'],
  global_secondary_index: [
    'hash_key',
    'name',
    'non_key_attributes',
    'projection_type',
    'range_key',
    'read_capacity',
    'write_capacity',
  ],
  local_secondary_index: ['name', 'non_key_attributes', 'projection_type', 'range_key'],
  on_demand_throughput: ['max_read_request_units', 'max_write_request_units'],
  point_in_time_recovery: ['enabled', 'recovery_period_in_days'],
  server_side_encryption: ['enabled', 'kms_key_arn'],
  ttl: ['attribute_name', 'enabled'],
};

describe('tables export --as terraform', () => {
  it.each([TABLE, LIMITED])('has documented blocks and arguments only', (table) => {
    const open: string[] = [];
    let seen = 0;
    for (const line of terraform([table]).split('\n')) {
      const block = /^ *(\w+)(?: "[^"]+")* \{$/.exec(line)?.[1];
      const argument = /^ *(\w+) +=/.exec(line)?.[1];
      if (block !== undefined) {
        expect(Object.keys(ARGUMENTS)).toContain(block);
        open.push(block);
      } else if (argument !== undefined) {
        expect(ARGUMENTS[open.at(-1)!], line).toContain(argument);
        seen += 1;
        if (line.endsWith('= {')) open.push('map');
      } else if (line.trim() === '}') open.pop();
    }
    expect(open).toEqual([]);
    expect(seen).toBeGreaterThan(35);
  });

  it('is laid out as terraform fmt does, and puts nothing into templates', () => {
    expect(terraform([{ ...WANT, GlobalSecondaryIndexes: [], AttributeDefinitions: [], Tags: TABLE.Tags! }])).toBe(
      `resource "aws_dynamodb_table" "mqtt_sub" {
  name           = "mqtt_sub"
  billing_mode   = "PROVISIONED"
  read_capacity  = 5
  write_capacity = 5
  hash_key       = "clientid"
  range_key      = "topic"
  tags           = {
    "team" = "iot $\${x}"
  }
}
`,
    );
  });
});

import { distinct } from './export-cloudformation.ts';
import type { IndexInput, KeyElement, TableDefinition } from './definition.ts';
import { pairsOf } from '../pairs.ts';

type Value = string | number | boolean | readonly string[] | Readonly<Record<string, string>>;

/** A block of HCL: arguments, and blocks inside it. */
type Block = { name: string; arguments: Readonly<Record<string, Value | undefined>>; blocks?: readonly Block[] };

/** The tables as resources of Terraform. Source: Terraform AWS provider, aws_dynamodb_table. */
export function terraform(definitions: readonly TableDefinition[]): string {
  const names = distinct(definitions.map(({ TableName }) => resourceName(TableName)));
  return pairsOf(definitions, names)
    .map(([definition, name]) => render(tableBlock(definition, name), ''))
    .join('\n');
}

function tableBlock(table: TableDefinition, name: string): Block {
  const { StreamSpecification: stream } = table;
  return {
    name: `resource "aws_dynamodb_table" "${name}"`,
    arguments: {
      name: table.TableName,
      billing_mode: table.BillingMode ?? 'PROVISIONED',
      read_capacity: table.ProvisionedThroughput?.ReadCapacityUnits,
      write_capacity: table.ProvisionedThroughput?.WriteCapacityUnits,
      ...keys(table.KeySchema),
      table_class: table.TableClass,
      deletion_protection_enabled: table.DeletionProtectionEnabled,
      stream_enabled: stream?.StreamEnabled,
      stream_view_type: stream?.StreamViewType,
      tags: table.Tags?.length ? Object.fromEntries(table.Tags.map(({ Key, Value }) => [Key, Value])) : undefined,
    },
    blocks: [
      ...table.AttributeDefinitions.map(({ AttributeName, AttributeType }) => ({
        name: 'attribute',
        arguments: { name: AttributeName, type: AttributeType },
      })),
      ...(table.GlobalSecondaryIndexes ?? []).map(globalIndex),
      ...(table.LocalSecondaryIndexes ?? []).map(localIndex),
      ...limits(table),
      ...settings(table),
    ],
  };
}

function keys(elements: readonly KeyElement[]): { hash_key: string | undefined; range_key: string | undefined } {
  const named = (type: string) => elements.find(({ KeyType }) => KeyType === type)?.AttributeName;
  return { hash_key: named('HASH'), range_key: named('RANGE') };
}

function globalIndex(index: IndexInput): Block {
  return {
    name: 'global_secondary_index',
    arguments: {
      name: index.IndexName,
      ...keys(index.KeySchema),
      ...projection(index),
      read_capacity: index.ProvisionedThroughput?.ReadCapacityUnits,
      write_capacity: index.ProvisionedThroughput?.WriteCapacityUnits,
    },
    blocks: limits(index),
  };
}

function localIndex(index: IndexInput): Block {
  const { range_key } = keys(index.KeySchema);
  return { name: 'local_secondary_index', arguments: { name: index.IndexName, range_key, ...projection(index) } };
}

function projection({ Projection: { ProjectionType, NonKeyAttributes } }: IndexInput) {
  return { projection_type: ProjectionType, non_key_attributes: NonKeyAttributes };
}

function limits({ OnDemandThroughput: own }: Pick<IndexInput, 'OnDemandThroughput'>): Block[] {
  if (own === undefined) return [];
  const { MaxReadRequestUnits: read, MaxWriteRequestUnits: write } = own;
  return [{ name: 'on_demand_throughput', arguments: { max_read_request_units: read, max_write_request_units: write } }];
}

function settings(table: TableDefinition): Block[] {
  const { TimeToLiveSpecification: ttl, PointInTimeRecoverySpecification: recovery, SSESpecification: encryption } = table;
  const blocks: Block[] = [];
  if (ttl) blocks.push({ name: 'ttl', arguments: { attribute_name: ttl.AttributeName, enabled: ttl.Enabled } });
  if (recovery) {
    const { PointInTimeRecoveryEnabled: enabled, RecoveryPeriodInDays: days } = recovery;
    blocks.push({ name: 'point_in_time_recovery', arguments: { enabled, recovery_period_in_days: days } });
  }
  if (encryption) {
    const { Enabled: enabled, KMSMasterKeyId: key } = encryption;
    blocks.push({ name: 'server_side_encryption', arguments: { enabled, kms_key_arn: key } });
  }
  return blocks;
}

/** HCL as `terraform fmt` writes it: two spaces, equals signs in a column, a line before every block. */
function render(block: Block, indent: string): string {
  const inner = `${indent}  `;
  const entries = Object.entries(block.arguments).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  const lines = entries.map(([name, value]) => `${inner}${name.padEnd(width)} = ${literal(value, inner)}\n`);
  const blocks = (block.blocks ?? []).map((child) => `\n${render(child, inner)}`);
  return `${indent}${block.name} {\n${lines.join('')}${blocks.join('')}${indent}}\n`;
}

function literal(value: Value, indent: string): string {
  if (typeof value === 'string') return text(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(text).join(', ')}]`;
  const entries = Object.entries(value).map(([key, member]) => [text(key), text(member)] as const);
  const width = Math.max(...entries.map(([key]) => key.length));
  return `{\n${entries.map(([key, member]) => `${indent}  ${key.padEnd(width)} = ${member}\n`).join('')}${indent}}`;
}

/** A quoted template: what HCL would put values into is doubled. */
function text(value: string): string {
  return JSON.stringify(value).replace(/[$%](?=\{)/g, (sign) => sign + sign);
}

function resourceName(table: string): string {
  const name = table.replace(/[^A-Za-z0-9_-]/g, '_');
  return /^[A-Za-z_]/.test(name) ? name : `_${name}`;
}

function isList(value: Value): value is readonly string[] {
  return Array.isArray(value);
}

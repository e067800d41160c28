import type { TableDefinition } from './definition.ts';

/** A CloudFormation template of the tables. Source: AWS CloudFormation template reference, AWS::DynamoDB::Table. */
export function cloudFormation(definitions: readonly TableDefinition[]): string {
  const ids = distinct(definitions.map(({ TableName }) => logicalId(TableName)));
  const resources = definitions.map((definition, at) => [
    ids[at],
    {
      Type: 'AWS::DynamoDB::Table',
      // whoever takes a table out of the template does not mean its items
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: propertiesOf(definition),
    },
  ]);
  const template = { AWSTemplateFormatVersion: '2010-09-09', Resources: Object.fromEntries(resources) };
  return `${JSON.stringify(template, null, 2)}\n`;
}

/** Most members go by the same name in both; a stream is on by having a view, and encryption has a flag of its own name. */
function propertiesOf(definition: TableDefinition): Record<string, unknown> {
  const { StreamSpecification: stream, SSESpecification: encryption, TimeToLiveSpecification: ttl, ...same } = definition;
  const properties: Record<string, unknown> = { ...same };
  for (const name of ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes', 'Tags'] as const) {
    if (same[name]?.length === 0) delete properties[name];
  }
  if (ttl) properties['TimeToLiveSpecification'] = ttl;
  if (stream?.StreamEnabled) properties['StreamSpecification'] = { StreamViewType: stream.StreamViewType };
  if (encryption) {
    const { Enabled, ...key } = encryption;
    properties['SSESpecification'] = { SSEEnabled: Enabled, ...key };
  }
  return properties;
}

/** Names of which no two are the same: `a.b` and `a_b` may both become one. */
export function distinct(names: readonly string[]): string[] {
  return names.map((name, at) => {
    const before = names.slice(0, at).filter((other) => other === name).length;
    return before === 0 ? name : `${name}${before + 1}`;
  });
}

/** Logical ids hold letters and digits only: `mqtt_topic_msg_map` is `MqttTopicMsgMap`. */
function logicalId(table: string): string {
  const words = table.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

import type { AttributeValue, Item } from '../item.ts';
import { ATTRIBUTES, KEYS, type TableName } from './tables.ts';

/** Types of DynamoDB under their own short names. */
const TYPES = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'BOOL', 'NULL'] as const;
export type AttributeType = (typeof TYPES)[number];

export function isAttributeType(name: string): name is AttributeType {
  return TYPES.some((type) => type === name);
}

const NUMBERS: ReadonlySet<string> = new Set(['connect_state', 'online_at', 'offline_at', 'qos', 'retain', 'arrived']);

/** The type that the backend writes; undefined for an attribute that it does not write. Source: emqx_backend_dynamo 4.3.5. */
export function writtenType(table: TableName, attribute: string): 'S' | 'N' | 'SS' | undefined {
  if (!ATTRIBUTES[table].includes(attribute)) return undefined;
  if (attribute === 'MsgId') return 'SS';
  return NUMBERS.has(attribute) ? 'N' : 'S';
}

export function typeOf(value: AttributeValue): AttributeType {
  return TYPES.find((type) => type in value) ?? 'NULL';
}

/** In words, for messages. */
export const TYPE_WORDS: Readonly<Record<AttributeType, string>> = {
  S: 'a string',
  N: 'a number',
  B: 'binary',
  SS: 'a string set',
  NS: 'a number set',
  BS: 'a binary set',
  M: 'a map',
  L: 'a list',
  BOOL: 'a boolean',
  NULL: 'null',
};

/**
 * Attributes that an item of the table has whenever the backend wrote it. A disconnect whose connect was never stored leaves a
 * client without node and online_at; an emptied set leaves a topic without MsgId.
 */
export function requiredAttributes(table: TableName, item: Item): readonly string[] {
  if (table === 'mqtt_topic_msg_map') return KEYS.mqtt_topic_msg_map;
  if (table !== 'mqtt_client') return ATTRIBUTES[table];
  const isUpsert = !Object.hasOwn(item, 'node') && !Object.hasOwn(item, 'online_at');
  return isUpsert ? ['clientid', 'connect_state', 'offline_at'] : ATTRIBUTES.mqtt_client;
}

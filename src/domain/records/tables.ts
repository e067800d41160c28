/** The six tables of the backend under the names that its own definitions give them. */
export const TABLES = ['mqtt_client', 'mqtt_sub', 'mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'] as const;

export type TableName = (typeof TABLES)[number];

/** The tables in the order in which a broker writes them: what it writes first is read first, and stored first. */
export const READ_ORDER: readonly TableName[] = [
  'mqtt_msg',
  'mqtt_topic_msg_map',
  'mqtt_acked',
  'mqtt_client',
  'mqtt_sub',
  'mqtt_retain',
];

const MESSAGE_ATTRIBUTES = ['msgid', 'topic', 'sender', 'qos', 'retain', 'payload', 'arrived'] as const;

/**
 * Attributes in the order in which they are shown; the key comes first.
 * Source: the table files of emqx_backend_dynamo 4.3.5.
 */
export const ATTRIBUTES: Readonly<Record<TableName, readonly string[]>> = {
  mqtt_client: ['clientid', 'connect_state', 'node', 'online_at', 'offline_at'],
  mqtt_sub: ['clientid', 'topic', 'qos'],
  mqtt_msg: MESSAGE_ATTRIBUTES,
  mqtt_topic_msg_map: ['topic', 'MsgId'],
  mqtt_retain: ['topic', ...MESSAGE_ATTRIBUTES.filter((name) => name !== 'topic')],
  mqtt_acked: ['topic', 'clientid', 'msgid'],
};

/** Key attributes, partition key first. The keys of mqtt_sub and mqtt_acked are each other's mirror image. */
export const KEYS: Readonly<Record<TableName, readonly [partition: string, ...sort: string[]]>> = {
  mqtt_client: ['clientid'],
  mqtt_sub: ['clientid', 'topic'],
  mqtt_msg: ['msgid'],
  mqtt_topic_msg_map: ['topic'],
  mqtt_retain: ['topic'],
  mqtt_acked: ['topic', 'clientid'],
};

/** Attributes that hold a time, in seconds or milliseconds, told apart per value. */
export const TIME_ATTRIBUTES: ReadonlySet<string> = new Set(['arrived', 'online_at', 'offline_at']);

/** DynamoDB's limits for key attributes, in bytes of UTF-8. */
export const MAX_PARTITION_KEY_BYTES = 2_048;
export const MAX_SORT_KEY_BYTES = 1_024;

export function isBackendTable(name: string): name is TableName {
  return (TABLES as readonly string[]).includes(name);
}

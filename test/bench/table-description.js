const KEYS = {
  mqtt_client: ['clientid'],
  mqtt_sub: ['clientid', 'topic'],
  mqtt_msg: ['msgid'],
  mqtt_topic_msg_map: ['topic'],
  mqtt_retain: ['topic'],
  mqtt_acked: ['topic', 'clientid'],
};

/** What DescribeTable says of a table of the backend with so many items. */
export function describeTable(TableName, items) {
  const keys = KEYS[TableName] ?? ['id'];
  return {
    TableName,
    TableStatus: 'ACTIVE',
    KeySchema: keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
    ItemCount: items,
    TableSizeBytes: items * 200,
  };
}

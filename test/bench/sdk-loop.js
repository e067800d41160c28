// What people write today: the document client's paginated scan and JSON.stringify. argv: endpoint
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { write } from './stdout.js';

const client = new DynamoDBClient({
  endpoint: process.argv[2],
  region: 'us-west-2',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
});
for await (const page of paginateScan({ client: DynamoDBDocumentClient.from(client) }, { TableName: 'mqtt_msg' })) {
  let lines = '';
  for (const item of page.Items ?? []) lines += `${JSON.stringify(item)}\n`;
  await write(lines);
}
client.destroy();

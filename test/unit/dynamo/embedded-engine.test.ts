import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { s } from '../../../src/domain/item.ts';
import { Dynamo } from '../../../src/dynamo/client.ts';
import { startEmbeddedEngine } from '../../../src/dynamo/embedded-engine.ts';
import { scanPages } from '../../../src/dynamo/pages.ts';
import { createTable } from '../../../src/dynamo/tables.ts';
import { waitUntilActive } from '../../../src/dynamo/table-waits.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
const path = join(folder.path, 'dynamodb');
afterAll(() => folder.remove());

async function open() {
  const engine = await startEmbeddedEngine(path);
  const credentials = { accessKeyId: 'mqdyn', secretAccessKey: 'mqdyn' };
  return {
    engine,
    dynamo: new Dynamo({ endpoint: engine.endpoint, region: 'local', label: path, credentials, attempts: 1, concurrency: 4 }),
  };
}

beforeAll(async () => {
  const { engine, dynamo } = await open();
  await createTable(dynamo, {
    TableName: 'large',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  await waitUntilActive(dynamo, 'large');
  for (let batch = 0; batch < 60; batch += 1) {
    const puts = Array.from({ length: 25 }, (_, at) => ({
      PutRequest: { Item: { id: s(`${batch}-${at}`), text: s('x'.repeat(4_000)) } },
    }));
    await dynamo.call('BatchWriteItem', { RequestItems: { large: puts } });
  }
  dynamo.close();
  await engine.close();
});

it('closes in order while an abandoned page is still being read', async () => {
  for (let run = 0; run < 8; run += 1) {
    const { engine, dynamo } = await open();
    const stop = new AbortController();
    // the second page is asked for as soon as the first one is here
    const pages = scanPages(dynamo, { TableName: 'large' }, 1, stop.signal);
    const first = await pages.next();
    expect(first.done).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, run));
    stop.abort(new Error('enough'));
    dynamo.close();
    // an error that the engine throws later fails this test file
    await engine.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

it.runIf(process.platform === 'linux')('leaves the code of its store loaded, as threads of the store go on', async () => {
  const { engine, dynamo } = await open();
  dynamo.close();
  await engine.close();
  expect(readFileSync('/proc/self/maps', 'utf8')).toContain('classic-level');
});

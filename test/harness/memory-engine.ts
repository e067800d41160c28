import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Dynamo } from '../../src/dynamo/client.ts';
import type { ReadReply } from '../../src/dynamo/raw-operations.ts';
import { createTable, describeTable } from '../../src/dynamo/tables.ts';
import type { Item } from '../../src/domain/item.ts';
import { ROOT } from './run-command.ts';

export type MemoryEngine = { endpoint: string; stop(): Promise<void> };

/** The embedded engine's own code, its data in memory, on a free loopback port. Tables are ACTIVE at once. */
export async function memoryEngine(options: { ssl?: boolean; createTableMs?: number } = {}): Promise<MemoryEngine> {
  const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server;
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0, ...options });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `${options.ssl ? 'https' : 'http'}://127.0.0.1:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type ConnectionOptions = { attempts?: number; concurrency?: number; requestTimeoutMs?: number };

/** The program's own client, with dummy keys. */
export function connectTo(endpoint: string, options: ConnectionOptions = {}): Dynamo {
  return new Dynamo({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'mqdyn', secretAccessKey: 'mqdyn' },
    attempts: options.attempts ?? 1,
    concurrency: options.concurrency ?? 48,
    label: `local at ${endpoint}`,
    ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
  });
}

/** Makes the six tables from the schema files. */
export async function createTables(dynamo: Dynamo, prefix = ''): Promise<void> {
  for (const file of readdirSync(join(ROOT, 'schemas')).filter((name) => name.startsWith('mqtt_'))) {
    const schema = JSON.parse(readFileSync(join(ROOT, 'schemas', file), 'utf8')) as { TableName: string };
    const name = prefix + schema.TableName;
    await createTable(dynamo, { ...schema, TableName: name } as never);
    while ((await describeTable(dynamo, name))?.TableStatus !== 'ACTIVE') await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Every item of a table, in the service's own form. */
export async function scanAll(dynamo: Dynamo, table: string): Promise<Item[]> {
  const items: Item[] = [];
  let start: Item | undefined;
  do {
    const page: ReadReply = await dynamo.call('Scan', {
      TableName: table,
      ConsistentRead: true,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    items.push(...page.Items!);
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return items;
}

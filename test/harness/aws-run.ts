import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Item } from '../../src/domain/item.ts';
import { TABLES, type TableName } from '../../src/domain/records/tables.ts';
import type { CreateTableInput } from '../../src/domain/schema/definition.ts';
import { startFakeAws, type FakeAws } from './fake-aws.ts';
import { runCommand, ROOT, type CommandClass, type RunOptions, type RunResult } from './run-command.ts';

/** A definition of the schema files under the name that it has live. */
export function definitionOf(table: TableName, prefix = ''): CreateTableInput {
  const definition = JSON.parse(readFileSync(join(ROOT, `schemas/${table}.json`), 'utf8')) as CreateTableInput;
  return { ...definition, TableName: prefix + table };
}

/** One item of each table by default. */
export const ITEMS: Readonly<Record<TableName, Item[]>> = {
  mqtt_client: [{ clientid: { S: 'panel-1' }, connect_state: { N: '1' } }],
  mqtt_sub: [1, 2, 3].map((n) => ({ clientid: { S: 'panel-1' }, topic: { S: `plant/${n}` }, qos: { N: '1' } })),
  mqtt_msg: [1, 2, 3, 4, 5].map((n) => ({ msgid: { S: `m${n}` }, payload: { S: `p${n}` } })),
  mqtt_topic_msg_map: [{ topic: { S: 'plant/1' }, MsgId: { SS: ['m1', 'm2'] } }],
  mqtt_retain: [{ topic: { S: 'plant/1' }, payload: { S: 'up' } }],
  mqtt_acked: [{ topic: { S: 'plant/1' }, clientid: { S: 'panel-1' }, msgid: { S: 'm1' } }],
};

/** The six tables with their items, and nothing in S3 but an empty bucket `plant`. */
export async function fakePlant(): Promise<FakeAws> {
  const aws = await startFakeAws();
  for (const table of TABLES) aws.addTable(definitionOf(table), ITEMS[table]);
  aws.objects('plant');
  return aws;
}

/** Runs a command with the fake in the place of AWS. */
export function runOn(aws: FakeAws, command: CommandClass, argv: string[], options: RunOptions = {}): Promise<RunResult> {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', aws.endpoint);
  return runCommand(command, [...argv, '--endpoint-url', aws.endpoint, '--region', 'eu-west-1'], options);
}

type Row = Partial<
  Record<'table' | 'status' | 'job' | 'itemCount' | 'expected' | 'errors' | 'failure' | 'at' | 'manifest', string | number | null>
>;

type Listed = { items: Row[]; count: number };

export function itemsIn({ stdout }: RunResult): Listed['items'] {
  return (JSON.parse(stdout) as Listed).items;
}

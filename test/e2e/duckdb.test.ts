import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { n, s } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { start } from '../harness/built.ts';
import { fillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { idAt, message } from '../harness/purge-run.ts';
import { temporaryFolder } from '../harness/run-command.ts';

type DuckDb = {
  DuckDBInstance: {
    create(): Promise<{ connect(): Promise<{ runAndReadAll(sql: string): Promise<{ getRowsJson(): unknown[][] }> }> }>;
  };
};

/** A folder in which @duckdb/node-api is installed; it is too large to be a dependency of the tests. */
const DUCKDB = process.env['MQDYN_TEST_DUCKDB'];
const TITLE = DUCKDB === undefined ? 'skipped: MQDYN_TEST_DUCKDB names no folder with @duckdb/node-api' : 'DuckDB';

const IDS = Array.from({ length: 400 }, (_, index) => idAt(Date.UTC(2026, 1, 1), BigInt(index)));

describe.skipIf(DUCKDB === undefined)(TITLE, () => {
  let engine: MemoryEngine;
  let dynamo: Dynamo;
  const folder = temporaryFolder();
  const out = join(folder.path, 'backup');

  beforeAll(async () => {
    engine = await memoryEngine();
    dynamo = connectTo(engine.endpoint);
    await createTables(dynamo);
    await fillTables(dynamo, {
      mqtt_msg: IDS.map((id, index) => message(id, index % 4 === 0 ? 'plant/a' : 'plant/ü\u2028', { qos: n(index % 3) })),
      mqtt_topic_msg_map: [{ topic: s('plant/a'), MsgId: { SS: IDS } }],
    });
    const args = ['export', '--out', out, '--segments', '3', '--endpoint-url', engine.endpoint, '--region', 'local'];
    expect((await start(args).ended).code).toBe(0);
  });
  afterAll(async () => {
    dynamo.close();
    await engine.stop();
    folder.remove();
  });

  async function ask(sql: string): Promise<unknown[][]> {
    const { DuckDBInstance } = createRequire(join(DUCKDB ?? '', 'x.js'))('@duckdb/node-api') as DuckDb;
    const connection = await (await DuckDBInstance.create()).connect();
    return (await connection.runAndReadAll(sql)).getRowsJson();
  }

  const data = (table: string) =>
    `read_json('${join(out, table, 'AWSDynamoDB/*/data/*.json.gz')}', format = 'newline_delimited', maximum_object_size = 8388608)`;

  it('counts the items that were exported, and reads what is in them', async () => {
    const rows = await ask(
      `select Item.topic.S, count(*), sum(cast(Item.qos.N as integer)) from ${data('mqtt_msg')} group by 1 order by 1`,
    );
    const qos = (has: (index: number) => boolean) => IDS.reduce((sum, _, index) => sum + (has(index) ? index % 3 : 0), 0);
    expect(rows.map((row) => row.map(String))).toEqual([
      ['plant/a', '100', String(qos((index) => index % 4 === 0))],
      ['plant/ü\u2028', '300', String(qos((index) => index % 4 !== 0))],
    ]);
  });

  it('finds every id of the map as a message', async () => {
    const joined = `select count(*) from (select unnest(Item.MsgId.SS) as id from ${data('mqtt_topic_msg_map')}) map
      join ${data('mqtt_msg')} msg on msg.Item.msgid.S = map.id`;
    expect((await ask(joined)).flat().map(String)).toEqual(['400']);
  });
});

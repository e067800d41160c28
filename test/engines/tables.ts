import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateTableCommand, DescribeTableCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import Subscribe from '../../src/commands/subscribe.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDescribe from '../../src/commands/tables/describe.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import TablesList from '../../src/commands/tables/list.ts';
import Unsubscribe from '../../src/commands/unsubscribe.ts';
import { ROOT } from '../harness/root.ts';
import { TABLES, type Workbench } from './workbench.ts';

/** Creating, listing and describing tables. */
export function tablesSuite(bench: Workbench): void {
  const { ask, run, done } = bench;

  describe('tables', () => {
    it('are created from the schema files, all of them ACTIVE', async () => {
      const created = await done<{ items: object[] }>(TablesCreate, []);
      expect(created.items).toEqual(TABLES.map((table) => ({ table, status: 'created' })));
      await ask(async (client) => {
        for (const name of TABLES) {
          const schema = JSON.parse(readFileSync(join(ROOT, 'schemas', `${name}.json`), 'utf8')) as { KeySchema: object[] };
          const { Table } = await client.send(new DescribeTableCommand({ TableName: name }));
          expect(Table).toMatchObject({ TableStatus: 'ACTIVE', KeySchema: schema.KeySchema });
          expect(Table?.ProvisionedThroughput).toMatchObject({ ReadCapacityUnits: 5, WriteCapacityUnits: 5 });
        }
      });
    });

    it('that exist are left alone', async () => {
      const again = await done<{ items: { status: string }[] }>(TablesCreate, []);
      expect(again.items.map(({ status }) => status)).toEqual(TABLES.map(() => 'exists'));
    });

    it('are created with a prefix, on demand, and listed with those that are missing', async () => {
      await done(TablesCreate, ['mqtt_msg', '--table-prefix', 'plant-', '--billing', 'on-demand']);
      const { items } = await done<{ items: { table: string; status: string; billing: string }[] }>(TablesList, [
        '--table-prefix',
        'plant-',
      ]);
      expect(items.find(({ table }) => table === 'plant-mqtt_msg')).toMatchObject({ status: 'ACTIVE', billing: 'on-demand' });
      expect(items.filter(({ status }) => status === 'MISSING')).toHaveLength(5);
      expect(await done(TablesDescribe, ['mqtt_msg', '--table-prefix', 'plant-'])).toMatchObject({ key: '(msgid HASH)' });
      await done(TablesDrop, ['mqtt_msg', '--table-prefix', 'plant-', '--yes']);
    });

    it('of another system are refused and left unchanged', async () => {
      await ask((client) =>
        client.send(
          new CreateTableCommand({
            TableName: 'other-mqtt_msg',
            KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
            ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
          }),
        ),
      );
      const { code, stderr } = await run(TablesCreate, ['--table-prefix', 'other-']);
      expect(code).toBe(11);
      expect(stderr).toContain('other-mqtt_msg has key (id HASH)');
      const names = await ask((client) => client.send(new ListTablesCommand({})));
      expect(names.TableNames?.filter((name) => name.startsWith('other-'))).toEqual(['other-mqtt_msg']);
      await done(TablesDrop, ['mqtt_msg', '--table-prefix', 'other-', '--yes']);
    });

    it('are counted, whether the engine keeps a count or not', async () => {
      await done(Subscribe, ['counted', 'a', 'b']);
      const { items } = await done<{ items: { table: string; itemCount: number }[] }>(TablesList, []);
      const count = items.find(({ table }) => table === 'mqtt_sub')?.itemCount;
      expect(count).toBe(2);
      await done(Unsubscribe, ['counted', '--all']);
    });
  });
}

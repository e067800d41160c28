import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import Scan from '../../src/commands/scan.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import { TABLES, type Workbench } from './workbench.ts';

/** Dropping the tables. */
export function dropSuite(bench: Workbench): void {
  const { ask, run, done } = bench;

  describe('drop', () => {
    it('takes consent, and then every table', async () => {
      const { code, stderr } = await run(TablesDrop, ['--all']);
      expect([code, stderr]).toEqual([11, expect.stringContaining('E_CONFIRM') as string]);
      const dropped = await done<{ items: object[] }>(TablesDrop, ['--all', '--yes']);
      expect(dropped.items).toEqual(TABLES.map((table) => ({ table, status: 'dropped' })));
      expect((await ask((client) => client.send(new ListTablesCommand({})))).TableNames).toEqual([]);
      const again = await done<{ items: { status: string }[] }>(TablesDrop, ['--all', '--yes']);
      expect(again.items.map(({ status }) => status)).toEqual(TABLES.map(() => 'missing'));
    });

    it('leaves commands with exit 4 and the way on', async () => {
      const { code, stderr } = await run(Scan, ['mqtt_msg']);
      expect([code, stderr]).toEqual([4, expect.stringContaining('Run: mqdyn tables create') as string]);
    });
  });
}

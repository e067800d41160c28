import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import TablesApply from '../../src/commands/tables/apply.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDescribe from '../../src/commands/tables/describe.ts';
import TablesDiff from '../../src/commands/tables/diff.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import { withBilling, type TableDefinition } from '../../src/domain/schema/definition.ts';
import { runCommand } from './run-command.ts';

const key = (AttributeName: string, KeyType: 'HASH' | 'RANGE') => ({ AttributeName, KeyType });
const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' as const });
const units = (read: number, write: number) => ({ ReadCapacityUnits: read, WriteCapacityUnits: write });

const BASE: TableDefinition = {
  TableName: 'life',
  KeySchema: [key('topic', 'HASH'), key('clientid', 'RANGE')],
  AttributeDefinitions: ['topic', 'clientid', 'node', 'at'].map(text),
  ProvisionedThroughput: units(2, 3),
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by_node',
      KeySchema: [key('node', 'HASH')],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['qos', 'payload'] },
      ProvisionedThroughput: units(1, 1),
    },
  ],
  LocalSecondaryIndexes: [
    { IndexName: 'by_time', KeySchema: [key('topic', 'HASH'), key('at', 'RANGE')], Projection: { ProjectionType: 'KEYS_ONLY' } },
  ],
};

/** One change after the other; each leaves the definition for the next one. */
type Change = { member: string; change: (table: TableDefinition) => TableDefinition; paths: string[] };

const withIndexUnits = (table: TableDefinition, read: number): TableDefinition => ({
  ...table,
  GlobalSecondaryIndexes: table.GlobalSecondaryIndexes!.map((index) => ({ ...index, ProvisionedThroughput: units(read, 1) })),
});
const secondIndex = {
  IndexName: 'by_time_of_node',
  KeySchema: [key('node', 'HASH'), key('at', 'RANGE')],
  Projection: { ProjectionType: 'ALL' },
  ProvisionedThroughput: units(1, 1),
};
const onDemand = (table: TableDefinition): TableDefinition => withBilling(table, 'on-demand');

const CHANGES: readonly Change[] = [
  {
    member: 'ProvisionedThroughput',
    change: (table) => ({ ...table, ProvisionedThroughput: units(4, 3) }),
    paths: ['ProvisionedThroughput.ReadCapacityUnits'],
  },
  {
    member: 'GlobalSecondaryIndexes.ProvisionedThroughput',
    change: (table) => withIndexUnits(table, 2),
    paths: ['GlobalSecondaryIndexes.by_node.ProvisionedThroughput.ReadCapacityUnits'],
  },
  {
    member: 'GlobalSecondaryIndexes',
    change: (table) => ({ ...table, GlobalSecondaryIndexes: [...table.GlobalSecondaryIndexes!, secondIndex] }),
    paths: ['GlobalSecondaryIndexes.by_time_of_node'],
  },
  {
    member: 'GlobalSecondaryIndexes',
    change: (table) => ({
      ...table,
      GlobalSecondaryIndexes: table.GlobalSecondaryIndexes!.filter(({ IndexName }) => IndexName === 'by_node'),
    }),
    paths: ['GlobalSecondaryIndexes.by_time_of_node'],
  },
  {
    member: 'Tags',
    change: (table) => ({
      ...table,
      Tags: [
        { Key: 'team', Value: 'iot' },
        { Key: 'env', Value: 'test' },
      ],
    }),
    paths: ['Tags.env', 'Tags.team'],
  },
  {
    member: 'Tags',
    change: (table) => ({ ...table, Tags: [{ Key: 'team', Value: 'plant' }] }),
    paths: ['Tags.env', 'Tags.team'],
  },
  {
    member: 'TimeToLiveSpecification',
    change: (table) => ({ ...table, TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' } }),
    paths: ['TimeToLiveSpecification.AttributeName', 'TimeToLiveSpecification.Enabled'],
  },
  {
    member: 'PointInTimeRecoverySpecification',
    change: (table) => ({ ...table, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
    paths: ['PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled'],
  },
  {
    member: 'StreamSpecification',
    change: (table) => ({ ...table, StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' } }),
    paths: ['StreamSpecification.StreamEnabled', 'StreamSpecification.StreamViewType'],
  },
  {
    member: 'StreamSpecification',
    change: (table) => ({ ...table, StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } }),
    paths: ['StreamSpecification.StreamViewType'],
  },
  {
    member: 'DeletionProtectionEnabled',
    change: (table) => ({ ...table, DeletionProtectionEnabled: true }),
    paths: ['DeletionProtectionEnabled'],
  },
  {
    member: 'TableClass',
    change: (table) => ({ ...table, TableClass: 'STANDARD_INFREQUENT_ACCESS' }),
    paths: ['TableClass'],
  },
  {
    member: 'SSESpecification',
    change: (table) => ({ ...table, SSESpecification: { Enabled: true, SSEType: 'KMS' } }),
    paths: ['SSESpecification.Enabled'],
  },
  { member: 'BillingMode', change: onDemand, paths: ['BillingMode'] },
  {
    member: 'OnDemandThroughput',
    change: (table) => ({ ...table, OnDemandThroughput: { MaxReadRequestUnits: 100, MaxWriteRequestUnits: 50 } }),
    paths: ['OnDemandThroughput.MaxReadRequestUnits', 'OnDemandThroughput.MaxWriteRequestUnits'],
  },
];

/** How to reach an engine, what it does not support or ignores, and where the suite may write schema files. */
export type LifeEngine = {
  target: () => readonly string[];
  lacks: readonly string[];
  forgets?: readonly string[];
  folder: () => string;
};

/** The life of a schema on one engine: every member is changed, found, applied and described. */
export function schemaLife({ target, lacks, forgets = [], folder }: LifeEngine): void {
  let table = BASE;
  const flags = () => [...target(), '--schema-dir', join(folder(), 'files')];
  const write = (definition: TableDefinition) => {
    mkdirSync(join(folder(), 'files'), { recursive: true });
    writeFileSync(join(folder(), 'files', 'life.json'), JSON.stringify(definition, null, 2));
  };
  const diff = async () => {
    const result = await runCommand(TablesDiff, ['--json', ...flags()]);
    const paths = (JSON.parse(result.stdout) as { items: { path: string }[] }).items.map(({ path }) => path);
    return { code: result.code, paths: paths.sort() };
  };

  it('creates the table, and finds no difference afterwards', async () => {
    write(table);
    expect(await diff()).toEqual({ code: 1, paths: ['TableName'] });
    const created = await runCommand(TablesCreate, flags());
    expect(created.stderr).not.toContain('mqdyn: E_');
    expect(await diff()).toEqual({ code: 0, paths: [] });
  });

  for (const { member, change, paths } of CHANGES) {
    if (lacks.includes(member)) {
      it(`names ${member}, which it lacks, and refuses to apply it: ${paths.join(', ')}`, async () => {
        const before = await runCommand(TablesDescribe, ['life', '--schema', ...flags()]);
        const wanted = change(table);
        write(wanted);
        // removing what could not be added is not a difference
        if (member === 'GlobalSecondaryIndexes' && wanted.GlobalSecondaryIndexes!.length === 1) return;
        if (member === 'Tags' && table.Tags !== undefined) return;
        const found = await runCommand(TablesDiff, ['--json', ...flags()]);
        expect(found.code).toBe(1);
        expect(found.stderr).toContain(`does not support ${member}`);
        const applied = await runCommand(TablesApply, ['--yes', ...flags()]);
        expect(applied.code).toBe(11);
        expect(applied.stderr).toMatch(/mqdyn: E_UNSUPPORTED: .* does not support .*\n$/);
        const after = await runCommand(TablesDescribe, ['life', '--schema', ...flags()]);
        expect(after.stdout).toBe(before.stdout);
        write(table);
        expect((await diff()).code).toBe(0);
      });
      continue;
    }
    if (forgets.includes(member)) {
      it(`finds out that a change of ${member} has no effect here`, async () => {
        write(change(table));
        const applied = await runCommand(TablesApply, ['--yes', ...flags()]);
        expect(applied.code).toBe(11);
        expect(applied.stderr).toContain(`accepted UpdateTable for life, but ${paths[0]} did not change`);
        write(table);
        expect((await diff()).code).toBe(0);
      });
      continue;
    }
    it(`finds and applies a change of ${member}: ${paths.join(', ')}`, async () => {
      table = change(table);
      write(table);
      expect(await diff()).toEqual({ code: 1, paths: paths.toSorted() });
      const applied = await runCommand(TablesApply, ['--yes', ...flags()]);
      expect(applied.stderr).not.toContain('mqdyn: E_');
      expect(applied.code).toBe(0);
      expect(await diff()).toEqual({ code: 0, paths: [] });
      const again = await runCommand(TablesApply, ['--yes', '--json', ...flags()]);
      expect(JSON.parse(again.stdout)).toEqual({ items: [], count: 0 });
    });
  }

  it('describes the table as a file that makes it again, and finds the two equal', async () => {
    const described = await runCommand(TablesDescribe, ['life', '--schema', ...flags()]);
    write(JSON.parse(described.stdout) as TableDefinition);
    expect(await diff()).toEqual({ code: 0, paths: [] });
    const twin = { ...(JSON.parse(described.stdout) as TableDefinition), TableName: 'life_twin' };
    write(twin);
    expect((await runCommand(TablesCreate, flags())).code).toBe(0);
    expect(await diff()).toEqual({ code: 0, paths: [] });
    const again = await runCommand(TablesDescribe, ['life_twin', '--schema', ...flags()]);
    expect(JSON.parse(again.stdout)).toEqual(twin);
  });

  it('refuses what only a new table could be, and changes nothing', async () => {
    write({ ...table, LocalSecondaryIndexes: [], AttributeDefinitions: ['topic', 'clientid', 'node'].map(text) });
    const result = await runCommand(TablesApply, ['--yes', ...flags()]);
    expect(result.code).toBe(11);
    expect(result.stderr).toContain('E_SCHEMA_CONFLICT: life: LocalSecondaryIndexes.by_time');
    expect(result.stderr).toContain('Create a new table beside it with --table-prefix');
    write(table);
    expect((await diff()).code).toBe(0);
  });

  const drop = () => runCommand(TablesDrop, ['life', 'life_twin', '--yes', ...flags()]);

  it('drops the tables; a protected one stops it before the first', async () => {
    if (!lacks.includes('DeletionProtectionEnabled')) {
      const refused = await drop();
      expect(refused.code).toBe(11);
      expect(refused.stderr).toContain('deletion protection. Nothing was dropped.');
      for (const TableName of ['life', 'life_twin']) {
        write({ ...table, TableName, DeletionProtectionEnabled: false });
        expect((await runCommand(TablesApply, ['--yes', ...flags()])).code).toBe(0);
      }
    }
    const dropped = await drop();
    expect(dropped.stderr).not.toContain('mqdyn: E_');
    expect(dropped.code).toBe(0);
  });
}

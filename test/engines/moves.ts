import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BatchWriteItemCommand, type AttributeValue as SdkValue, type WriteRequest } from '@aws-sdk/client-dynamodb';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Export from '../../src/commands/export.ts';
import Import from '../../src/commands/import.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import { s, type AttributeValue, type Item } from '../../src/domain/item.ts';
import { KEYS, TABLES as BACKEND_TABLES, type TableName } from '../../src/domain/records/tables.ts';
import { anyItem } from '../harness/any-item.ts';
import { SEED } from '../harness/seed.ts';
import type { Workbench } from './workbench.ts';

/** Random tables that are exported, imported and exported again: a thousand in CI. */
const MOVES = Number(process.env['MQDYN_TEST_MOVES'] ?? 6);
const PREFIX = 'moved_';

const anyKey = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.constantFrom('__proto__', 'a\u2028b', '$share/g/a/+', '\u0000', '"', 'plant/ü'),
);
// the SDK's own client, which fills the tables, loses an attribute called __proto__
const anyName = fc.oneof(fc.string({ minLength: 1, maxLength: 4 }), fc.constantFrom('constructor', 'Item', '1', 'MsgId'));

/** Items of every type under the keys of a table, no key twice. */
function anyRows(table: TableName): fc.Arbitrary<Item[]> {
  const [first, second = first] = KEYS[table];
  const row = fc.tuple(anyKey, anyKey, anyItem(anyName)).map(([one, other, rest]): Item => {
    // a value of another type under such a name is none that a key may have
    const others = Object.entries(rest).filter(([name]) => !KEYS[table].includes(name));
    return Object.fromEntries([...others, [second, s(other)], [first, s(one)]]);
  });
  const keyOf = (item: Item) => JSON.stringify(KEYS[table].map((name) => item[name]));
  return fc.uniqueArray(row, { maxLength: 12, selector: keyOf });
}

const anyTables = fc.record(
  Object.fromEntries(BACKEND_TABLES.map((table) => [table, anyRows(table)])) as Record<TableName, fc.Arbitrary<Item[]>>,
);

/** A table goes into files and back, and out again as the same bytes. */
export function movesSuite(bench: Workbench): void {
  const { ask, done, folder, emptyTables, differences } = bench;
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];

  async function fill(tables: Record<TableName, Item[]>): Promise<void> {
    await ask(async (client) => {
      for (const [table, items] of Object.entries(tables)) {
        const requests: WriteRequest[] = items.map((item) => ({ PutRequest: { Item: sdkItem(item) } }));
        for (let start = 0; start < requests.length; start += 25) {
          await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests.slice(start, start + 25) } }));
        }
      }
    });
  }

  const lines = (out: string, table: string) => {
    const own = join(out, table);
    const data = readdirSync(own, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json.gz'));
    return data.flatMap((file) =>
      gunzipSync(readFileSync(join(own, file)))
        .toString('utf8')
        .split('\n')
        .slice(0, -1),
    );
  };

  describe('tables that are moved', () => {
    beforeAll(emptyTables);
    afterAll(async () => {
      await done(TablesDrop, ['--all', '--yes', '--table-prefix', PREFIX]);
      await emptyTables();
    });

    it('come back as the same bytes, whatever is in them', async () => {
      const runs = Math.ceil(MOVES / BACKEND_TABLES.length);
      await fc.assert(
        fc.asyncProperty(anyTables, async (random) => {
          const tables = differences.refusesEmptyStrings ? withoutEmptyTexts(random) : random;
          await fill(tables);
          await done(Export, ['--out', first, '--sorted', '--force']);
          await done(Import, [
            first,
            '--create',
            '--table-prefix',
            PREFIX,
            '--checkpoint',
            join(folder, 'moved.checkpoint'),
            '--restart',
          ]);
          await done(Export, ['--out', second, '--sorted', '--force', '--table-prefix', PREFIX]);
          for (const table of BACKEND_TABLES) {
            expect(lines(second, table)).toEqual(lines(first, table));
            expect(lines(first, table)).toHaveLength(tables[table].length);
          }
          await done(TablesDrop, ['--all', '--yes', '--table-prefix', PREFIX]);
          await done(TablesDrop, ['--all', '--yes']);
          await done(TablesCreate, []);
        }),
        { numRuns: runs, seed: SEED },
      );
      console.log(`moved: ${runs * BACKEND_TABLES.length} random tables, the same bytes every time (seed ${SEED})`);
      for (const out of [first, second]) rmSync(out, { recursive: true, force: true });
    }, 1_200_000);
  });
}

function withoutEmptyTexts(tables: Record<TableName, Item[]>): Record<TableName, Item[]> {
  const all = Object.entries(tables).map(([table, items]) => [table, items.map((item) => mapTexts(item))] as const);
  return Object.fromEntries(all) as Record<TableName, Item[]>;
}

function mapTexts(item: Item): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, notEmpty(value)]));
}

function notEmpty(value: AttributeValue): AttributeValue {
  if ('S' in value) return { S: value.S === '' ? ' ' : value.S };
  if ('L' in value) return { L: value.L.map(notEmpty) };
  return 'M' in value ? { M: mapTexts(value.M) } : value;
}

/** An item as the SDK's own client takes it, under any names. */
function sdkItem(item: Item): Record<string, SdkValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, sdkValue(value)]));
}

function sdkValue(value: AttributeValue): SdkValue {
  if ('B' in value) return { B: Buffer.from(value.B, 'base64') };
  if ('BS' in value) return { BS: value.BS.map((each) => Buffer.from(each, 'base64')) };
  if ('L' in value) return { L: value.L.map(sdkValue) };
  if ('M' in value) return { M: sdkItem(value.M) };
  return value;
}

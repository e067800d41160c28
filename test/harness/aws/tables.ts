import type { Item } from '../../../src/domain/item.ts';
import type { CreateTableInput } from '../../../src/domain/schema/definition.ts';
import type { Change } from './export-files.ts';

/** One write to a table; without an image it is a delete. */
type Write = { at: number; keys: Item; image: Item | undefined };

export type FakeTable = {
  name: string;
  arn: string;
  id: string;
  status: 'CREATING' | 'ACTIVE';
  recovery: boolean;
  definition: CreateTableInput;
  /** Every write since the table was made, the first one first. */
  writes: Write[];
};

export function keysOf({ definition }: FakeTable, item: Item): Item | undefined {
  const keys = definition.KeySchema.map(({ AttributeName: name }) => [name, item[name]] as const);
  return keys.some(([, value]) => value === undefined) ? undefined : (Object.fromEntries(keys) as Item);
}

/** Puts an item; false for one without its keys. */
export function putItem(table: FakeTable, item: Item, at: number): boolean {
  const keys = keysOf(table, item);
  if (keys !== undefined) table.writes.push({ at, keys, image: item });
  return keys !== undefined;
}

export function deleteItem(table: FakeTable, keys: Item, at: number): void {
  table.writes.push({ at, keys, image: undefined });
}

/** The items as of a moment; a write at that very moment is not in it. */
export function itemsAt({ writes }: FakeTable, at = Infinity): Item[] {
  return [...imagesAt(writes, at).values()].map(({ image }) => image).filter((image) => image !== undefined);
}

function imagesAt(writes: readonly Write[], at: number): Map<string, Write> {
  const images = new Map<string, Write>();
  for (const write of writes) if (write.at < at) images.set(JSON.stringify(write.keys), write);
  return images;
}

/** The net effect of a window on each item; what came and went in it leaves nothing. */
export function changesIn({ writes }: FakeTable, from: number, to: number): Change[] {
  const before = imagesAt(writes, from);
  const after = imagesAt(
    writes.filter((write) => write.at >= from),
    to,
  );
  return [...after].flatMap(([key, { keys, at, image }]): Change[] => {
    const old = before.get(key)?.image;
    if (old === undefined && image === undefined) return [];
    return [
      {
        keys,
        micros: at * 1_000,
        ...(old === undefined ? {} : { old }),
        ...(image === undefined ? {} : { new: image }),
      },
    ];
  });
}

/** What DescribeTable tells. */
export function describedTable(table: FakeTable): object {
  const { definition, name, arn, id, status } = table;
  return {
    Table: {
      ...definition,
      TableName: name,
      TableArn: arn,
      TableId: id,
      TableStatus: status,
      ItemCount: itemsAt(table).length,
      TableSizeBytes: 0,
      CreationDateTime: 1_700_000_000,
    },
  };
}

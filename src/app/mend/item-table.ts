import { MqdynError } from '../../domain/errors.ts';
import type { KeyAttribute } from '../../domain/expression/key.ts';
import type { ItemNames } from '../../domain/changes/condition.ts';
import type { Item } from '../../domain/item.ts';
import type { KnownType } from '../../domain/json/attribute-value.ts';
import { writtenType } from '../../domain/records/attribute-types.ts';
import { ATTRIBUTES, isBackendTable, KEYS, type TableName } from '../../domain/records/tables.ts';
import type { Dynamo } from '../../dynamo/client.ts';
import type { LiveTable } from '../../dynamo/tables.ts';
import { checkTables, requireUsable } from '../tables/check-tables.ts';
import { tableToRead } from '../tables/nearest-table.ts';
import { keyAttributes } from '../views/read-items.ts';

export type WriteContext = {
  dynamo: Dynamo;
  liveName: (table: string) => string;
  signal: AbortSignal;
  /** The clock, in Unix milliseconds. */
  now: () => number;
};

/** A table whose items are written one by one. `role`: which of the backend's tables it is. */
export type ItemTable = {
  name: string;
  live: string;
  role: TableName | undefined;
  keys: readonly [KeyAttribute, ...KeyAttribute[]];
  names: ItemNames;
  known: KnownType;
};

/** Looks at a table before it is written to: there, in use and, as one of the six, with the backend's own keys. */
export async function openItemTable(context: WriteContext, name: string): Promise<ItemTable> {
  const live = isBackendTable(name) ? await backendTable(context, name) : await anyTable(context, name);
  const role = isBackendTable(name) ? name : undefined;
  const keys = live === undefined ? backendKeys(role) : keysOf(live);
  const [partition] = keys;
  const keyType = (attribute: string) => keys.find((key) => key.name === attribute)?.type;
  return {
    name,
    live: context.liveName(name),
    role,
    keys,
    names: { key: partition.name, written: role === undefined ? [] : ATTRIBUTES[role] },
    known: (attribute) => (role === undefined ? keyType(attribute) : writtenType(role, attribute)),
  };
}

function keysOf(live: LiveTable): ItemTable['keys'] {
  const { partition, sort } = keyAttributes(live, undefined);
  return sort === undefined ? [partition] : [partition, sort];
}

/** The keys of a table of the backend; they are all text. */
function backendKeys(role: TableName | undefined): ItemTable['keys'] {
  if (role === undefined) throw new Error('a table of no role was not described');
  const [partition, sort] = KEYS[role];
  return sort === undefined ? [textKey(partition)] : [textKey(partition), textKey(sort)];
}

function textKey(name: string): KeyAttribute {
  return { name, type: 'S' };
}

/** Undefined for whoever may write a table but not describe it. */
async function backendTable(context: WriteContext, name: TableName): Promise<LiveTable | undefined> {
  try {
    return (await checkTables(context.dynamo, [name], context))[0];
  } catch (error) {
    if (error instanceof MqdynError && error.code === 'E_DENIED') return undefined;
    throw error;
  }
}

async function anyTable({ dynamo, liveName, signal }: WriteContext, table: string): Promise<LiveTable> {
  const live = await tableToRead(dynamo, { table, liveName, signal });
  requireUsable(live);
  return live;
}

/** The key of a whole item; E_USAGE where a part of it is missing. */
export function keyIn({ name, keys }: ItemTable, item: Item): Item {
  const missing = keys.find((key) => !Object.hasOwn(item, key.name));
  if (missing !== undefined) throw new MqdynError('E_USAGE', `${name}: ${missing.name} is missing; it is a part of the key`);
  return Object.fromEntries(Object.entries(item).filter(([attribute]) => keys.some((key) => key.name === attribute)));
}

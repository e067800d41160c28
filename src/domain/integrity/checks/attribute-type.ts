import type { Item } from '../../item.ts';
import { typeOf, TYPE_WORDS, writtenType } from '../../records/attribute-types.ts';
import { TABLES, type TableName } from '../../records/tables.ts';
import type { Damage, ItemCheck } from '../check.ts';

const WHOLE = /^(?:0|[1-9]\d{0,37})$/;

/** Types of key attributes are held by DynamoDB; MsgId has a check of its own. */
export const attributeType: ItemCheck = {
  id: 'attribute_type',
  severity: 'error',
  tables: TABLES,
  title: 'attributes of another type than the backend writes',
  says: 'The backend reads text as strings and everything else as numbers; another type breaks the delivery of the item.',
  repair: 'Digits that are stored as text become the number. Every other value is left as it is.',
  judge: (item, table) =>
    Object.keys(item)
      .filter((name) => name !== 'MsgId')
      .flatMap((name) => damageOf(item, table, name)),
};

function damageOf(item: Item, table: TableName, name: string): Damage[] {
  const want = writtenType(table, name);
  const value = item[name];
  if (value === undefined || want === undefined || want in value) return [];
  const detail = `${TYPE_WORDS[typeOf(value)]} instead of ${TYPE_WORDS[want]}`;
  if (want !== 'N' || !('S' in value) || !WHOLE.test(value.S)) return [{ about: name, detail }];
  const after = { ...item, [name]: { N: value.S } };
  return [{ about: name, detail, change: { kind: 'item', table, before: item, after } }];
}

import { ATTRIBUTES, TABLES } from '../../records/tables.ts';
import type { ItemCheck } from '../check.ts';

export const unknownAttribute: ItemCheck = {
  id: 'unknown_attribute',
  severity: 'note',
  tables: TABLES,
  title: 'attributes that no backend writes',
  says: 'The backend ignores them, and loses them when it replaces the item: on the next connect, on the next retained message.',
  judge: (item, table) =>
    Object.keys(item)
      .filter((name) => !ATTRIBUTES[table].includes(name))
      .toSorted()
      .map((name) => ({ about: name })),
};

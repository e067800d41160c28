import { requiredAttributes } from '../../records/attribute-types.ts';
import { TABLES } from '../../records/tables.ts';
import type { ItemCheck } from '../check.ts';

export const missingAttribute: ItemCheck = {
  id: 'missing_attribute',
  severity: 'error',
  tables: TABLES,
  title: 'items without an attribute that the backend writes',
  says: 'The backend reads these attributes when it delivers; an item without one is skipped or breaks the delivery.',
  judge: (item, table) =>
    requiredAttributes(table, item)
      .filter((name) => !Object.hasOwn(item, name))
      .map((name) => ({ about: name })),
};

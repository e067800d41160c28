import { MqdynError } from '../../domain/errors.ts';
import { itemFaults } from '../../domain/integrity/item-faults.ts';
import type { Item } from '../../domain/item.ts';
import type { ItemTable } from './item-table.ts';

/**
 * Refuses an item of a backend table that the broker could not use; `only` limits it to faults of these attributes and of the
 * size, where the others are none of the change.
 */
export function checkItem({ name, role }: ItemTable, item: Item, only?: readonly string[]): void {
  if (role === undefined) return;
  const faults = itemFaults(role, item).filter(({ attribute, kind }) => kind === 'size' || (only?.includes(attribute) ?? true));
  const [first, ...others] = faults;
  if (first === undefined) return;
  throw new MqdynError('E_USAGE', `${name}: ${first.attribute} ${first.fault}`, {
    hint: 'Nothing was written; --no-check writes it all the same.',
    detail: others.map(({ attribute, fault }) => `${attribute} ${fault}`),
  });
}

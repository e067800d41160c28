import { MqdynError } from '../domain/errors.ts';
import { keyValue, type KeyAttribute } from '../domain/expression/key.ts';
import type { Item } from '../domain/item.ts';

/** The key that the words KEY and SORT name; E_USAGE where one is missing or too many. */
export function keyNamed(
  { live, keys }: { live: string; keys: readonly [KeyAttribute, ...KeyAttribute[]] },
  key: string,
  sort: string | undefined,
): Item {
  const [partition, sortKey] = keys;
  if (sortKey === undefined) {
    if (sort !== undefined) throw new MqdynError('E_USAGE', `${live} has no sort key: leave SORT out`);
    return { [partition.name]: keyValue(partition, key, 'KEY') };
  }
  if (sort === undefined) {
    throw new MqdynError('E_USAGE', `${live} has the sort key ${sortKey.name}: name it as SORT`, {
      hint: 'Every item under KEY: mqdyn query TABLE KEY',
    });
  }
  return { [partition.name]: keyValue(partition, key, 'KEY'), [sortKey.name]: keyValue(sortKey, sort, 'SORT') };
}

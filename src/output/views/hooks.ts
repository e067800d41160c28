import type { Item } from '../../domain/item.ts';
import type { HookView } from '../../domain/views/hooks.ts';
import { itemOf, namesOf } from '../items.ts';

export function hookItem({ hook, action, filter, writes, reads, pool }: HookView): Item {
  return {
    ...itemOf({ hook, function: action, topic: filter ?? null }),
    tables: namesOf(writes),
    reads: namesOf(reads),
    ...(pool && itemOf({ pool: pool.name, server: pool.server, region: pool.region })),
  };
}

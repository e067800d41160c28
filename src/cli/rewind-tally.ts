import type { Rewound } from '../app/mend/rewind/rewind.ts';
import type { WindowProgress } from '../app/mend/rewind/take-back-items.ts';
import { plural } from '../domain/count-text.ts';
import type { Item } from '../domain/item.ts';
import { itemOf } from '../output/items.ts';

/** Counts what becomes of changes while they are taken back. */
export class RewindTally {
  readonly counts = { takenBack: 0, left: 0, already: 0 };

  /** Changes of an export, those aside that were as before already. */
  async *ofWindow(groups: AsyncIterable<WindowProgress>): AsyncGenerator<readonly Rewound[]> {
    for await (const { rewound, already, undone } of groups) {
      this.counts.already += already;
      this.counts.takenBack -= undone;
      yield rewound;
    }
  }

  /** Every change as an item. */
  async *all(groups: AsyncIterable<readonly Rewound[]>): AsyncGenerator<readonly Item[]> {
    for await (const group of groups) yield this.count(group).map(rewoundItem);
  }

  /** Those alone that were left. */
  async *left(groups: AsyncIterable<readonly Rewound[]>): AsyncGenerator<readonly Item[]> {
    for await (const group of groups) {
      const left = this.count(group).filter(({ why }) => why !== undefined);
      if (left.length > 0) yield left.map(rewoundItem);
    }
  }

  text(done = 'taken back'): string {
    const { takenBack, left, already } = this.counts;
    const before = already === 0 ? '' : `, ${already} as before already`;
    return `${takenBack} ${plural('change', takenBack)} ${done}, ${left} left${before}`;
  }

  private count(group: readonly Rewound[]): readonly Rewound[] {
    const left = group.filter(({ why }) => why !== undefined).length;
    this.counts.takenBack += group.length - left;
    this.counts.left += left;
    return group;
  }
}

export function rewoundItem({ table, partition, sort, action, why }: Rewound): Item {
  return itemOf({ table, key: partition, sort: sort ?? null, action, why: why ?? null });
}

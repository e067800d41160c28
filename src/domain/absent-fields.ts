import type { Item } from './item.ts';
import { plural } from './count-text.ts';
import { didYouMean } from './suggest.ts';

/** Attributes that are named in a sentence. */
const NAMED = 20;

/** Looks at items on their way for fields that somebody asked for, as a table has no list of the attributes of its items. */
export class AbsentFields {
  private readonly absent: Set<string>;
  private items = 0;

  constructor(fields: readonly string[]) {
    this.absent = new Set(fields);
  }

  see(items: readonly Item[]): void {
    this.items += items.length;
    if (this.absent.size === 0) return;
    for (const item of items) for (const name of this.absent) if (Object.hasOwn(item, name)) this.absent.delete(name);
  }

  /** True when there were items and a field was in none of them. */
  get some(): boolean {
    return this.items > 0 && this.absent.size > 0;
  }

  /** One sentence a field that was in no item. `whole`: items with all of their attributes. */
  sentences(whole: readonly Item[]): string[] {
    if (!this.some) return [];
    const seen = [...new Set(whole.flatMap((item) => Object.keys(item)))].sort();
    const none = this.items === 1 ? 'the item has no' : `none of the ${this.items} ${plural('item', this.items)} has an`;
    const more = seen.length > NAMED ? ` and ${seen.length - NAMED} more` : '';
    const others = seen.length === 0 ? '' : ` Attributes seen: ${seen.slice(0, NAMED).join(', ')}${more}.`;
    return [...this.absent].map((field) => `${none} attribute "${field}".${didYouMean(field, seen)}${others}`);
  }
}

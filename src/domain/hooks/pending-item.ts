import { itemBytes, type Item } from '../item.ts';
import { keyItem, type Place } from '../records/keys.ts';
import { rowOf, type Row } from '../records/rows.ts';
import type { TableName } from '../records/tables.ts';
import type { ItemMutation } from './mutation.ts';
import type { Write } from './write.ts';

/**
 * What the mutations of one item come to so far; at the end a `Write` of its kind. It is changed in place and makes keys and
 * items only when they are asked for.
 */
export class PendingItem implements Place {
  kind: ItemMutation['kind'];
  readonly table: TableName;
  readonly partition: string;
  readonly sort: string | undefined;
  /** What a put writes. */
  row: Row | undefined;
  private attributes: Item | undefined;
  private event: number;
  /** Earlier events whose effect is in it as well; hardly ever there is one. */
  private earlier: readonly number[] | undefined = undefined;

  constructor(mutation: ItemMutation, event: number) {
    this.kind = mutation.kind;
    this.table = mutation.table;
    this.partition = mutation.partition;
    this.sort = mutation.sort;
    this.row = mutation.kind === 'put' ? mutation.row : undefined;
    this.attributes = mutation.kind === 'set' ? mutation.values : undefined;
    this.event = event;
  }

  /** Takes a later mutation of the same item in. */
  fold(mutation: ItemMutation, event: number): void {
    if (mutation.kind === 'set') this.foldSet(mutation.values, event);
    else {
      this.kind = mutation.kind;
      this.row = mutation.kind === 'put' ? mutation.row : undefined;
      this.attributes = undefined;
      this.earlier = undefined;
      this.event = event;
    }
  }

  private foldSet(values: Item, event: number): void {
    if (this.kind === 'set') {
      // a later set of the same attributes replaces the earlier one
      const covered = Object.keys(this.values).every((name) => Object.hasOwn(values, name));
      this.earlier = covered ? undefined : this.events;
      this.attributes = { ...this.values, ...values };
    } else {
      // of several changes after a put only the last one remains
      this.earlier = this.kind === 'put' ? [this.events[0]!] : undefined;
      this.row = rowOf({ ...(this.kind === 'put' ? this.item : this.key), ...values });
      this.kind = 'put';
    }
    this.event = event;
  }

  get key(): Item {
    return keyItem(this);
  }

  get item(): Item {
    return this.row!.item;
  }

  get values(): Item {
    return this.attributes!;
  }

  get bytes(): number {
    return this.row?.bytes ?? itemBytes(this.key) + (this.attributes === undefined ? 0 : itemBytes(this.attributes));
  }

  get events(): readonly number[] {
    return this.earlier === undefined ? [this.event] : [...this.earlier, this.event];
  }

  toJSON(): Write {
    const { table, key, bytes, events } = this;
    switch (this.kind) {
      case 'put':
        return { kind: 'put', table, key, item: this.item, bytes, events };
      case 'delete':
        return { kind: 'delete', table, key, bytes, events };
      case 'set':
        return { kind: 'set', table, key, values: this.values, bytes, events };
    }
  }
}

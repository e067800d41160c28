import { keyText } from '../records/keys.ts';
import type { Row } from '../records/rows.ts';
import type { TableName } from '../records/tables.ts';
import { MessageIds } from './message-ids.ts';
import type { ItemMutation, Mutation } from './mutation.ts';
import { PendingItem } from './pending-item.ts';
import { PendingMessages } from './pending-messages.ts';
import { TopicLogs } from './topic-logs.ts';
import type { Write } from './write.ts';

/** What a window holds for each mutation, item and row besides their text, roughly, in bytes. */
const MUTATION_BYTES = 64;
const ITEM_BYTES = 256;
const ROW_BYTES = 192;

/**
 * Folds the mutations of a window of events per key: the last put wins, a put then a delete is a delete, a set folds into the
 * put before it, changes of one topic's ids become one ADD and one DELETE. Sending the drained writes leaves the tables as
 * every mutation alone, in order, would have left them.
 */
export class WriteSet {
  private readonly items = new Map<TableName, Map<string, PendingItem>>();
  private readonly ids = new MessageIds();
  private readonly messages = new PendingMessages(this.ids);
  private readonly logs = new TopicLogs(this.ids);
  private held = 0;

  /** Roughly how many bytes it holds. */
  get bytes(): number {
    return this.held;
  }

  /** Takes a mutation in. Returns the row of a put that waited for the same key. */
  add(event: number, mutation: Mutation): Row | undefined {
    switch (mutation.kind) {
      case 'add-id':
      case 'remove-id':
        this.held += MUTATION_BYTES;
        this.logs.push(mutation, this.ids.numberOf(mutation.guid), event);
        return undefined;
      case 'put-message':
      case 'delete-message': {
        const message = this.ids.numberOf(mutation.guid);
        const replaced = this.messages.rowOf(message);
        this.messages.take(message, mutation, event);
        const row = mutation.kind === 'put-message' ? mutation.row : undefined;
        this.held += MUTATION_BYTES + heldBy(row) - heldBy(replaced);
        return replaced;
      }
      default:
        return this.addItem(event, mutation);
    }
  }

  private addItem(event: number, mutation: ItemMutation): Row | undefined {
    const items = this.itemsOf(mutation.table);
    const key = keyText(mutation);
    const pending = items.get(key);
    if (pending === undefined) {
      items.set(key, new PendingItem(mutation, event));
      this.held += ITEM_BYTES + key.length + heldBy(mutation.kind === 'put' ? mutation.row : undefined);
      return undefined;
    }
    const { row: replaced } = pending;
    pending.fold(mutation, event);
    this.held += heldBy(pending.row) - heldBy(replaced);
    return replaced;
  }

  /** What it all comes to, when nothing more is added: the writes; those of a table in the order in which their keys were first touched. */
  writes(): Write[] {
    const writes: Write[] = [];
    // a pending item has all members of a write of its kind
    for (const items of this.items.values()) for (const item of items.values()) writes.push(item);
    for (const write of this.messages.writes()) writes.push(write);
    for (const write of this.logs.writes()) writes.push(write);
    return writes;
  }

  private itemsOf(table: TableName): Map<string, PendingItem> {
    const known = this.items.get(table);
    if (known) return known;
    const made = new Map<string, PendingItem>();
    this.items.set(table, made);
    return made;
  }
}

function heldBy(row: Row | undefined): number {
  return row === undefined ? 0 : ROW_BYTES + row.bytes;
}

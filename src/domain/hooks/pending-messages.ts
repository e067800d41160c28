import { s, type Item } from '../item.ts';
import type { Row } from '../records/rows.ts';
import type { MessageIds } from './message-ids.ts';
import type { MessageMutation } from './mutation.ts';
import type { Write } from './write.ts';

const UNTOUCHED = -1;

/** What the mutations of each message come to so far, by the number of the message: the last one wins. */
export class PendingMessages {
  private readonly ids: MessageIds;
  /** The event that touched a message last. */
  private readonly events: number[] = [];
  /** The row of a message that is put; one that is deleted has none. */
  private readonly rows: (Row | undefined)[] = [];

  constructor(ids: MessageIds) {
    this.ids = ids;
  }

  rowOf(message: number): Row | undefined {
    return this.rows[message];
  }

  take(message: number, mutation: MessageMutation, event: number): void {
    while (this.events.length <= message) {
      this.events.push(UNTOUCHED);
      this.rows.push(undefined);
    }
    this.events[message] = event;
    this.rows[message] = mutation.kind === 'put-message' ? mutation.row : undefined;
  }

  *writes(): Generator<Write> {
    for (const [message, event] of this.events.entries()) {
      if (event !== UNTOUCHED) yield new MessageWrite(this.ids, message, event, this.rows[message]);
    }
  }
}

/** A put or a delete of a message, whose key and item are made when they are asked for. */
class MessageWrite {
  readonly table = 'mqtt_msg';
  private readonly ids: MessageIds;
  private readonly message: number;
  private readonly event: number;
  private readonly row: Row | undefined;

  constructor(ids: MessageIds, message: number, event: number, row: Row | undefined) {
    this.ids = ids;
    this.message = message;
    this.event = event;
    this.row = row;
  }

  get kind(): 'put' | 'delete' {
    return this.row === undefined ? 'delete' : 'put';
  }

  get key(): Item {
    return { msgid: s(this.ids.msgid(this.message)) };
  }

  get item(): Item {
    return this.row!.item;
  }

  get bytes(): number {
    return this.row?.bytes ?? 'msgid'.length + this.ids.lengthOf(this.message);
  }

  get events(): readonly number[] {
    return [this.event];
  }

  toJSON(): Write {
    const { table, key, bytes, events } = this;
    return this.row === undefined
      ? { kind: 'delete', table, key, bytes, events }
      : { kind: 'put', table, key, item: this.item, bytes, events };
  }
}

import { s, type Item } from '../item.ts';
import { changeOf, IdFolder, markOf, type FoldedIds } from './ids-write.ts';
import type { MessageIds } from './message-ids.ts';
import type { IdMutation } from './mutation.ts';
import type { IdChange, IdsSize, IdsWrite } from './write.ts';

const END = -1;

/** The changes of all topics' ids in a window, in order: chains through common lists, because most topics have only a few. */
export class TopicLogs {
  readonly ids: MessageIds;
  private readonly logs = new Map<string, TopicLog>();
  private readonly messages: number[] = [];
  private readonly marks: number[] = [];
  private readonly next: number[] = [];
  private folder: IdFolder | undefined = undefined;

  constructor(ids: MessageIds) {
    this.ids = ids;
  }

  push({ kind, partition: topic }: IdMutation, message: number, event: number): void {
    const entry = this.messages.length;
    this.messages.push(message);
    this.marks.push(markOf(event, kind === 'add-id' ? 'add' : 'remove'));
    this.next.push(END);
    const log = this.logs.get(topic);
    if (log === undefined) this.logs.set(topic, new TopicLog(this, topic, entry));
    else {
      this.next[log.last] = entry;
      log.last = entry;
    }
  }

  writes(): Iterable<IdsWrite> {
    return this.logs.values();
  }

  /** The chain from an entry on: messages, and marks of their changes. */
  from(first: number): { messages: number[]; marks: number[] } {
    const messages: number[] = [];
    const marks: number[] = [];
    for (let entry = first; entry !== END; entry = this.next[entry]!) {
      messages.push(this.messages[entry]!);
      marks.push(this.marks[entry]!);
    }
    return { messages, marks };
  }

  fold(first: number): FoldedIds {
    this.folder ??= new IdFolder(this.ids.size);
    const { messages, marks } = this.from(first);
    return this.folder.fold(messages, marks);
  }
}

/** The changes of one topic's ids. What they come to is worked out when it is asked for, after the last one. */
class TopicLog implements IdsWrite {
  readonly kind = 'ids';
  readonly table = 'mqtt_topic_msg_map';
  private readonly logs: TopicLogs;
  private readonly topic: string;
  private readonly first: number;
  last: number;
  private known: FoldedIds | undefined = undefined;

  constructor(logs: TopicLogs, topic: string, first: number) {
    this.logs = logs;
    this.topic = topic;
    this.first = first;
    this.last = first;
  }

  get key(): Item {
    return { topic: s(this.topic) };
  }

  get add(): readonly string[] {
    return this.msgids(this.folded.add);
  }

  get remove(): readonly string[] {
    return this.msgids(this.folded.remove);
  }

  get sizes(): IdsWrite['sizes'] {
    const { add, remove } = this.folded;
    return { add: this.sizeOf(add), remove: this.sizeOf(remove) };
  }

  get events(): readonly number[] {
    return this.folded.events;
  }

  get log(): readonly IdChange[] {
    const { messages, marks } = this.logs.from(this.first);
    return this.msgids(messages).map((id, at) => ({ id, ...changeOf(marks[at]!) }));
  }

  toJSON(): IdsWrite {
    const { kind, table, key, add, remove, sizes, events, log } = this;
    return { kind, table, key, add, remove, sizes, events, log };
  }

  private get folded(): FoldedIds {
    return (this.known ??= this.logs.fold(this.first));
  }

  private msgids(messages: readonly number[]): string[] {
    return messages.map((message) => this.logs.ids.msgid(message));
  }

  private sizeOf(messages: readonly number[]): IdsSize {
    let bytes = 0;
    for (const message of messages) bytes += this.logs.ids.lengthOf(message);
    return { ids: messages.length, bytes };
  }
}

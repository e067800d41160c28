import { isDamagedQueue, queuedIds, queueLookup, retainLookup, subscribeLookup } from '../../domain/delivery/fetch.ts';
import { countText, plural } from '../../domain/count-text.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
import { textOf, type Item } from '../../domain/item.ts';
import { hasWildcard } from '../../domain/mqtt/topic.ts';
import { isSelected, type TopicSelection } from '../../domain/mqtt/topic-selection.ts';
import type { TableName } from '../../domain/records/tables.ts';
import { msgidMillis } from '../../domain/records/times.ts';
import type { DeliverJournal } from '../../files/deliver-journal.ts';
import { ExternalSort } from '../../files/external-sort.ts';
import type { Needs } from '../views/open-reader.ts';
import type { TableReader } from '../views/table-reader.ts';

/** What is to be delivered. `clients`: only what the backend would give to these, by its rules. */
export type Choice = {
  retained: boolean;
  pending: boolean;
  selection: TopicSelection;
  clients: readonly string[] | undefined;
  rules: readonly HookRule[];
};

/**
 * A message by its topic and id: where it was found; `sent` and `acked`: a run before sent it, and the broker acknowledged it;
 * `nobody`: the broker has it as the retained message alone, because nobody was there for it.
 */
export type Entry = { topic: string; msgid: string; pending: boolean; retained: boolean } & Record<
  'sent' | 'acked' | 'nobody',
  boolean
>;

/** In the order of time, or topic by topic. */
export type EntryOrder = 'time' | 'topic';

/** Topics of which the clients are given what waits, and those of which they are given the retained message; each with them. */
export type ClientTopics = { queues: Map<string, Set<string>>; retained: Set<string>; wildcards: number; qos0: number };

type Mark = 'pending' | 'retained' | 'sent' | 'answered' | 'acked' | 'nobody';

/** Tables that a delivery reads, and how; `subscriptions`: those of all clients, unless some are chosen. */
export function neededTables({ retained, pending, clients }: Choice, subscriptions: boolean): Needs {
  const listed: TableName[] = [
    ...(pending ? (['mqtt_topic_msg_map'] as const) : []),
    ...(retained ? (['mqtt_retain'] as const) : []),
  ];
  const messages: TableName[] = [...(pending ? (['mqtt_msg'] as const) : []), 'mqtt_retain'];
  if (clients !== undefined) return { keyed: [...listed, ...messages, 'mqtt_sub'] };
  return { whole: [...listed, ...(subscriptions ? (['mqtt_sub'] as const) : [])], keyed: messages };
}

/** Tells what the backend would not give to the clients. */
export function noteWildcards({ wildcards, qos0 }: ClientTopics, notice: (sentence: string) => void): void {
  if (wildcards > 0)
    notice(`${countText(wildcards)} wildcard ${plural('subscription', wildcards)}: the backend finds nothing behind them`);
  if (qos0 > 0) notice(`${countText(qos0)} ${plural('subscription', qos0)} with QoS 0: the backend fetches nothing for them`);
}

/** What the stored subscriptions of clients make the backend look up. */
export async function topicsOfClients(reader: TableReader, { clients = [], rules, selection }: Choice): Promise<ClientTopics> {
  const found: ClientTopics = { queues: new Map(), retained: new Set(), wildcards: 0, qos0: 0 };
  for (const clientid of clients) {
    for (const subscription of subscribeLookup(await reader.query('mqtt_sub', clientid), rules)) {
      const { filter } = subscription;
      if (hasWildcard(filter)) found.wildcards += 1;
      if (hasWildcard(filter) || !isSelected(filter, selection)) continue;
      if ('topic' in retainLookup(subscription, rules)) found.retained.add(filter);
      const queue = queueLookup(subscription, rules);
      if ('topic' in queue) found.queues.set(filter, (found.queues.get(filter) ?? new Set()).add(clientid));
      else if (queue.skip === 'qos0_subscription') found.qos0 += 1;
    }
  }
  return found;
}

/**
 * Names of stored messages, brought into order on the disk where they are many, and joined with what a journal has of them.
 * A retained message that waits as well is one entry.
 */
export class StoredMessages {
  /** Items of the map that hold something else than the set that the backend reads. */
  readonly damaged: string[] = [];
  private readonly sort: ExternalSort;
  private readonly order: EntryOrder;

  constructor(folder: string, order: EntryOrder) {
    this.sort = new ExternalSort({ folder });
    this.order = order;
  }

  /** Reads the map and the retained messages; `heard` is told how many wait under each topic. */
  async read(
    reader: TableReader,
    choice: Choice,
    topics: ClientTopics | undefined,
    heard: (topic: string, waiting: number) => void = () => undefined,
  ): Promise<void> {
    if (choice.pending) {
      const maps = topics
        ? itemsOf(reader, 'mqtt_topic_msg_map', topics.queues.keys())
        : reader.scan('mqtt_topic_msg_map', choice.selection);
      for await (const items of maps) await this.addQueues(items, choice.selection, heard);
    }
    if (choice.retained) {
      const retained = topics
        ? itemsOf(reader, 'mqtt_retain', topics.retained.values())
        : reader.scan('mqtt_retain', choice.selection);
      for await (const items of retained) await this.addRetained(items, choice.selection);
    }
  }

  /** What earlier runs noted of messages. */
  async join(journal: DeliverJournal): Promise<void> {
    for await (const { acked = [], answered = [], nobody = [], sent = [] } of journal.before()) {
      for (const [topic, msgid] of acked) this.add('acked', topic, msgid);
      for (const [topic, msgid] of answered) this.add('answered', topic, msgid);
      for (const [topic, msgid] of nobody) this.add('nobody', topic, msgid);
      for (const [topic, msgid] of sent) this.add('sent', topic, msgid);
      await this.sort.flush();
    }
  }

  /** All of them in order; nothing is added afterwards. */
  async *entries(): AsyncGenerator<Entry> {
    let entry: Entry | undefined;
    for await (const lines of this.sort.sorted()) {
      for (const line of lines) {
        const [mark, topic, msgid]: [Mark, string, string] = JSON.parse(line);
        if (entry === undefined || entry.topic !== topic || entry.msgid !== msgid) {
          if (entry !== undefined) yield entry;
          entry = { topic, msgid, pending: false, retained: false, sent: false, acked: false, nobody: false };
        }
        // the marks of a message come in the order in which they were made
        if (mark === 'answered') entry.sent = false;
        else entry[mark] = true;
      }
    }
    if (entry !== undefined) yield entry;
  }

  close(): Promise<void> {
    return this.sort.close();
  }

  private async addQueues(
    items: readonly Item[],
    selection: TopicSelection,
    heard: (topic: string, waiting: number) => void,
  ): Promise<void> {
    for (const item of items) {
      const topic = textOf(item, 'topic') ?? '';
      if (!isSelected(topic, selection)) continue;
      if (isDamagedQueue(item)) this.damaged.push(topic);
      for (const msgid of queuedIds(item)) this.add('pending', topic, msgid);
      heard(topic, queuedIds(item).length);
    }
    await this.sort.flush();
  }

  private async addRetained(items: readonly Item[], selection: TopicSelection): Promise<void> {
    for (const item of items) {
      const topic = textOf(item, 'topic') ?? '';
      if (!isSelected(topic, selection)) continue;
      this.add('retained', topic, textOf(item, 'msgid') ?? '');
    }
    await this.sort.flush();
  }

  private add(mark: Mark, topic: string, msgid: string): void {
    const time = timeKey(msgid);
    const key = this.order === 'time' ? [time, topic, msgid] : [topic, time, msgid];
    this.sort.add(key.map(bytesText).join('\0'), JSON.stringify([mark, topic, msgid]));
  }
}

/** Items under the topics, by key. */
async function* itemsOf(
  reader: TableReader,
  table: 'mqtt_topic_msg_map' | 'mqtt_retain',
  topics: Iterable<string>,
): AsyncGenerator<readonly Item[]> {
  for (const topic of topics) {
    const item = await reader.get(table, topic);
    if (item !== undefined) yield [item];
  }
}

const TIME_DIGITS = 24;

/** The time in an id so that text order is time order, as `pending` sorts; ids that tell no time come last. */
function timeKey(msgid: string): string {
  const millis = msgidMillis(msgid);
  return millis === undefined ? '~' : millis.toFixed(3).padStart(TIME_DIGITS, '0');
}

/** Text as one character a byte of UTF-8. */
function bytesText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

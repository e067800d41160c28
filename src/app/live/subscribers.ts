import { countText } from '../../domain/count-text.ts';
import { numberOf, textOf, type Item } from '../../domain/item.ts';
import { FilterIndex } from '../../domain/mqtt/filter-index.ts';
import { effectiveFilter } from '../../domain/mqtt/topic.ts';
import type { TableReader } from '../views/table-reader.ts';

/** What mosquitto (max_queued_messages) and EMQX (mqtt.max_mqueue_len) queue for one client by default; the rest is dropped. */
const QUEUED = 1_000;

/** Stored subscriptions with QoS above 0: those for which a broker queues. */
export class Subscribers {
  /** Clients with stored subscriptions of any QoS among those that were asked about. */
  readonly known = new Set<string>();
  private readonly index = new FilterIndex();
  private readonly filters = new Map<string, string[]>();

  /** Those of the clients, or of all; `about`: clients of whom it is noted whether they have any. */
  static async read(
    reader: TableReader,
    clients: readonly string[] | undefined,
    about: ReadonlySet<string> = new Set(),
  ): Promise<Subscribers> {
    const subscribers = new Subscribers();
    const all = clients === undefined ? reader.scan('mqtt_sub') : itemsOfClients(reader, clients);
    for await (const items of all) for (const item of items) subscribers.add(item, about);
    return subscribers;
  }

  hasFor(topic: string): boolean {
    return this.index.matching(topic) > 0;
  }

  /** How many match a topic, and a few of their clients. */
  of(topic: string): { subscriptions: number; clients: string[] } {
    return { subscriptions: this.index.matching(topic), clients: this.index.whoseMatch(topic) };
  }

  /** Takes note of messages that wait under a topic. */
  wait(topic: string, messages: number): void {
    this.index.weigh(topic, messages);
  }

  /** Tells when more wait for one client than a broker queues unless it is configured otherwise. */
  tellMost(notice: (sentence: string) => void): void {
    let most = 0;
    for (const filters of this.filters.values()) {
      const sum = filters.reduce((total, filter) => total + this.index.weightOf(filter), 0);
      most = Math.max(most, sum);
    }
    if (most <= QUEUED) return;
    const usual = `mosquitto and EMQX keep ${countText(QUEUED)} unless configured otherwise`;
    notice(`warning: at most ${countText(most)} messages wait for one client; ${usual}`);
  }

  private add(item: Item, about: ReadonlySet<string>): void {
    const clientid = textOf(item, 'clientid') ?? '';
    if (about.has(clientid)) this.known.add(clientid);
    if (!(Number(numberOf(item, 'qos') ?? 0) > 0)) return;
    const { filter } = effectiveFilter(textOf(item, 'topic') ?? '');
    this.index.add(filter, clientid);
    const own = this.filters.get(clientid);
    if (own === undefined) this.filters.set(clientid, [filter]);
    else own.push(filter);
  }
}

async function* itemsOfClients(reader: TableReader, clients: readonly string[]): AsyncGenerator<readonly Item[]> {
  for (const clientid of clients) yield await reader.query('mqtt_sub', clientid);
}

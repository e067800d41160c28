import { tmpdir } from 'node:os';
import { numberOf, textOf } from '../../domain/item.ts';
import { FilterIndex } from '../../domain/mqtt/filter-index.ts';
import { effectiveFilter } from '../../domain/mqtt/topic.ts';
import type { TopicPlanView } from '../../domain/views/deliver.ts';
import { openReader } from '../views/open-reader.ts';
import type { ReadContext, TableReader } from '../views/table-reader.ts';
import { nameOf, prepare, type Altered, type Prepared } from './prepare.ts';
import { neededTables, noteWildcards, StoredMessages, topicsOfClients, type Choice, type Entry } from './stored-messages.ts';
import { Unsent, type UnsentCount } from './unsent.ts';

export type PlanOptions = ReadContext & { choice: Choice; maxPayload: number | undefined };

/** Sums that are known when the last topic was yielded. */
export type PlanSums = { unsent: UnsentCount[]; messages: number };

const GROUP = 100;

/** What a delivery would send, topic by topic. No broker is asked: what it would refuse by itself is not known. */
export async function* planDelivery(options: PlanOptions, sums: PlanSums): AsyncGenerator<readonly TopicPlanView[]> {
  const { choice, notice, maxPayload } = options;
  const needs = neededTables(choice, true);
  const reader = await openReader(options, { ...needs, whole: [...new Set([...(needs.whole ?? []), 'mqtt_sub' as const])] });
  const topics = choice.clients === undefined ? undefined : await topicsOfClients(reader, choice);
  if (topics !== undefined) noteWildcards(topics, notice);
  const subscribers = await subscriberIndex(reader);
  const stored = new StoredMessages(tmpdir(), 'topic');
  const unsent = new Unsent();
  const altered: Altered = { qosLowered: 0, retainCleared: 0 };
  try {
    await stored.read(reader, choice, topics);
    for (const topic of stored.damaged)
      notice(`warning: the item of ${topic} in the map has no string set; nothing is found there`);
    let plan: TopicPlanView | undefined;
    for await (const entries of groups(stored.entries())) {
      const done: TopicPlanView[] = [];
      for (const one of await prepare(reader, entries, { maxPayload }, { unsent, altered })) {
        const { topic } = one.publication;
        if (plan?.topic !== topic) {
          if (plan !== undefined) done.push(plan);
          plan = newPlan(topic, subscribers);
        }
        count(plan, one, unsent);
        sums.messages += 1;
      }
      yield done;
    }
    if (plan !== undefined) yield [plan];
    sums.unsent = unsent.counts();
  } finally {
    await stored.close();
  }
}

function newPlan(topic: string, subscribers: FilterIndex): TopicPlanView {
  const subscriptions = subscribers.matching(topic);
  return { topic, pending: 0, retained: 0, bytes: 0, subscriptions, clients: subscribers.whoseMatch(topic) };
}

function count(plan: TopicPlanView, { entry, publication }: Prepared, unsent: Unsent): void {
  if (entry.pending) plan.pending += 1;
  if (entry.retained) plan.retained += 1;
  plan.bytes += publication.payload.length;
  // a retained message is for those who come later
  if (!publication.retain && plan.subscriptions === 0) unsent.add('no_subscriber', nameOf(entry));
}

/** Subscriptions for which a broker queues. */
async function subscriberIndex(reader: TableReader): Promise<FilterIndex> {
  const index = new FilterIndex();
  for await (const items of reader.scan('mqtt_sub')) {
    for (const item of items) {
      const { filter } = effectiveFilter(textOf(item, 'topic') ?? '');
      if (Number(numberOf(item, 'qos') ?? 0) > 0) index.add(filter, textOf(item, 'clientid'));
    }
  }
  return index;
}

async function* groups(entries: AsyncIterable<Entry>): AsyncGenerator<Entry[]> {
  let group: Entry[] = [];
  for await (const entry of entries) {
    group.push(entry);
    if (group.length < GROUP) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

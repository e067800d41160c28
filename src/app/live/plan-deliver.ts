import { tmpdir } from 'node:os';
import type { TopicPlanView } from '../../domain/views/deliver.ts';
import { openReader } from '../views/open-reader.ts';
import type { ReadContext } from '../views/table-reader.ts';
import { nameOf, prepare, type Altered, type Prepared } from './prepare.ts';
import { storedSessions } from './sessions.ts';
import { neededTables, noteWildcards, StoredMessages, topicsOfClients, type Choice, type Entry } from './stored-messages.ts';
import { Subscribers } from './subscribers.ts';
import { Unsent, type UnsentCount } from './unsent.ts';

export type PlanOptions = ReadContext & {
  choice: Choice;
  maxPayload: number | undefined;
  /** Sessions that are made first; `online`: clients that are left alone. */
  sessions: { online: ReadonlySet<string> } | undefined;
};

/** Sums that are known when the last topic was yielded. */
export type PlanSums = { unsent: UnsentCount[]; messages: number; sessions: number; online: number };

const GROUP = 100;

/** What a delivery would send, topic by topic. No broker is asked: what it would refuse by itself is not known. */
export async function* planDelivery(options: PlanOptions, sums: PlanSums): AsyncGenerator<readonly TopicPlanView[]> {
  const { choice, notice, maxPayload, sessions } = options;
  const needs = neededTables(choice, true);
  const reader = await openReader(options, { ...needs, whole: [...new Set([...(needs.whole ?? []), 'mqtt_sub' as const])] });
  const topics = choice.clients === undefined ? undefined : await topicsOfClients(reader, choice);
  if (topics !== undefined) noteWildcards(topics, notice);
  const subscribers = await Subscribers.read(reader, undefined);
  const stored = new StoredMessages(tmpdir(), 'topic');
  const unsent = new Unsent();
  if (sessions !== undefined) {
    for await (const block of storedSessions(reader, choice, unsent)) {
      const wanted = block.filter(({ filters }) => filters.length > 0);
      const offline = wanted.filter(({ clientid }) => !sessions.online.has(clientid));
      sums.sessions += offline.length;
      sums.online += wanted.length - offline.length;
    }
  }
  const altered: Altered = { qosLowered: 0, retainCleared: 0 };
  try {
    await stored.read(reader, choice, topics, (topic, waiting) => subscribers.wait(topic, waiting));
    for (const topic of stored.damaged)
      notice(`warning: the item of ${topic} in the map has no string set; nothing is found there`);
    subscribers.tellMost(notice);
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

function newPlan(topic: string, subscribers: Subscribers): TopicPlanView {
  return { topic, pending: 0, retained: 0, bytes: 0, ...subscribers.of(topic) };
}

function count(plan: TopicPlanView, { entry, publication }: Prepared, unsent: Unsent): void {
  if (entry.pending) plan.pending += 1;
  if (entry.retained) plan.retained += 1;
  plan.bytes += publication.payload.length;
  // a retained message is for those who come later
  if (!publication.retain && plan.subscriptions === 0) unsent.add('no_subscriber', nameOf(entry));
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

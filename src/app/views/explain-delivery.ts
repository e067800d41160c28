import { clientSubscription, isReadableMessage, queuedIds, subscribeLookup } from '../../domain/delivery/fetch.ts';
import { inTimeOrder } from '../../domain/delivery/judge.ts';
import { decideDelivery, type DeliveryFacts, type Verdict } from '../../domain/delivery/verdict.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
import { textOf, type Item } from '../../domain/item.ts';
import type { TableReader } from './table-reader.ts';

export type Question = {
  clientid: string;
  topic: string;
  msgid?: string | undefined;
  /** A subscription that the client would make itself, instead of the stored ones. */
  subscribed?: { text: string; qos: number } | undefined;
};

/** Ids that are looked up at once while a message is searched that is still there. */
const STEP = 100;

/** What is stored of a client, whatever the topic. */
type StoredClient = { client: Item | undefined; stored: Item[] };

export async function readClient(reader: TableReader, clientid: string): Promise<StoredClient> {
  const [client, stored] = await Promise.all([reader.get('mqtt_client', clientid), reader.query('mqtt_sub', clientid)]);
  return { client, stored };
}

/** Reads by key what the backend would read for this client and topic, and decides with the backend's own rules. */
export async function explainDelivery(
  reader: TableReader,
  question: Question,
  rules: readonly HookRule[],
  storedClient: StoredClient | Promise<StoredClient> = readClient(reader, question.clientid),
): Promise<{ facts: DeliveryFacts; verdict: Verdict }> {
  const { clientid, topic, msgid, subscribed } = question;
  const [{ client, stored }, map, retained, acks] = await Promise.all([
    storedClient,
    reader.get('mqtt_topic_msg_map', topic),
    reader.get('mqtt_retain', topic),
    reader.query('mqtt_acked', topic),
  ]);
  const subscriptions = subscribed ? [clientSubscription(subscribed.text, subscribed.qos)] : subscribeLookup(stored, rules);
  const found = await readMessages(reader, msgid === undefined ? inTimeOrder(queuedIds(map)) : [msgid]);
  const facts: DeliveryFacts = { clientid, topic, msgid, client, subscriptions, map, retained, acks, ...found };
  return { facts, verdict: decideDelivery(facts, rules) };
}

/** Reads on, oldest first, until one message is there that the backend can deliver: that much decides the question. */
async function readMessages(
  reader: TableReader,
  ids: readonly string[],
): Promise<{ checked: string[]; messages: Map<string, Item> }> {
  const checked: string[] = [];
  const messages = new Map<string, Item>();
  for (let start = 0; start < ids.length; start += STEP) {
    const step = ids.slice(start, start + STEP);
    const items = await reader.batch(
      'mqtt_msg',
      step.map((id) => [id]),
    );
    checked.push(...step);
    for (const item of items) messages.set(textOf(item, 'msgid') ?? '', item);
    if (items.some(isReadableMessage)) break;
  }
  return { checked, messages };
}

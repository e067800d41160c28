import { numberOf, textOf, type Item } from '../item.ts';
import { hasWildcard, topicMatches } from '../mqtt/topic.ts';
import { isoText, msgidMillis, timeOf } from '../records/times.ts';
import { isDamagedQueue, isReadableMessage, queuedIds } from './fetch.ts';
import type { DeliveryFacts } from './verdict.ts';

/** One thing that the tables say, in the order in which the backend would come across it. */
export type Evidence = { step: EvidenceStep; says: string };
export type EvidenceStep = 'client' | 'subscription' | 'map' | 'message' | 'ack' | 'retained';

/** Most subscriptions and acks that are listed one by one. */
const MANY = 5;

/** The evidence behind a verdict, line by line. */
export function evidenceOf(facts: DeliveryFacts): Evidence[] {
  return [
    { step: 'client', says: clientSays(facts.client) },
    ...subscriptionsSay(facts),
    { step: 'map', says: mapSays(facts) },
    ...messageSays(facts).map((says): Evidence => ({ step: 'message', says })),
    ...acksSay(facts),
    { step: 'retained', says: retainedSays(facts) },
  ];
}

function clientSays(client: Item | undefined): string {
  if (client === undefined) return 'no item: never connected through this backend';
  const node = textOf(client, 'node');
  const on = node === undefined ? '' : ` on ${node}`;
  switch (numberOf(client, 'connect_state')) {
    case '1':
      return `online${since(timeOf(client, 'online_at'))}${on}`;
    case '0':
      return `offline${since(timeOf(client, 'offline_at'))}${node === undefined ? '' : `, last${on}`}`;
    default:
      return 'an item without a connection state';
  }
}

function subscriptionsSay({ subscriptions, topic }: DeliveryFacts): Evidence[] {
  const matching = subscriptions.filter(({ filter }) => filter === topic || topicMatches(topic, filter));
  if (matching.length === 0) {
    const others = subscriptions.length === 0 ? 'none stored' : `${subscriptions.length} stored, none matches`;
    return [{ step: 'subscription', says: others }];
  }
  const lines = matching.slice(0, MANY).map(({ text, qos, filter }): Evidence => {
    const kind = filter === topic ? 'the exact topic' : hasWildcard(filter) ? 'a wildcard' : 'another topic';
    return { step: 'subscription', says: `${text} with QoS ${qos}: ${kind}` };
  });
  const more = matching.length - MANY;
  return more > 0 ? [...lines, { step: 'subscription', says: `and ${more} more that match` }] : lines;
}

function mapSays({ map, msgid, topic }: DeliveryFacts): string {
  if (map === undefined) return `no item for ${topic}`;
  if (isDamagedQueue(map)) return 'MsgId is not a string set';
  const ids = queuedIds(map);
  const count = ids.length === 0 ? 'no ids left' : `${ids.length} ${ids.length === 1 ? 'id queued' : 'ids queued'}`;
  if (msgid === undefined) return count;
  return `${count}; the message is ${ids.includes(msgid) ? '' : 'not '}among them`;
}

function messageSays({ msgid, messages, checked, map }: DeliveryFacts): string[] {
  if (msgid !== undefined) {
    const item = messages.get(msgid);
    return [item === undefined ? `not in mqtt_msg; its id was made ${madeAt(msgid)}` : storedMessageSays(msgid, item)];
  }
  if (checked.length === 0) return [];
  const waiting = queuedIds(map).length;
  const first = checked.find((id) => messages.has(id));
  const some = checked.length < waiting;
  const there = existing(messages.size, checked.length, some ? 'oldest queued' : 'queued');
  const item = first === undefined ? undefined : messages.get(first);
  return first === undefined || item === undefined ? [there] : [there, `oldest: ${storedMessageSays(first, item)}`];
}

function existing(found: number, of: number, which: string): string {
  if (of === 1) return `the ${which} message ${found === 1 ? 'exists' : 'is gone'}`;
  return found === of
    ? `${which === 'queued' ? 'all' : 'the'} ${of} ${which} messages exist`
    : `${found} of the ${of} ${which} messages ${found === 1 ? 'exists' : 'exist'}`;
}

function storedMessageSays(msgid: string, item: Item): string {
  const sender = textOf(item, 'sender');
  const qos = numberOf(item, 'qos');
  const from = sender === undefined ? '' : ` by ${sender}`;
  const flaw = isReadableMessage(item) ? '' : '; the broker cannot read this item';
  return `published ${madeAt(msgid)}${from} with QoS ${qos ?? '?'} on ${textOf(item, 'topic') ?? '?'}${flaw}`;
}

function acksSay({ acks, msgid, clientid }: DeliveryFacts): Evidence[] {
  const own = acks.find((ack) => textOf(ack, 'clientid') === clientid);
  const exact = msgid === undefined ? [] : acks.filter((ack) => textOf(ack, 'msgid') === msgid);
  const listed = [...new Set([...exact, ...(own ? [own] : [])])].slice(0, MANY);
  const lines = listed.map((ack): Evidence => {
    const id = textOf(ack, 'msgid');
    const which = id === msgid && msgid !== undefined ? 'this message' : `one published ${id === undefined ? '?' : madeAt(id)}`;
    return { step: 'ack', says: `last ack by ${textOf(ack, 'clientid') ?? '?'}: ${which}` };
  });
  const others = acks.length - listed.length;
  const other = others === 1 ? '1 other client' : `${others} other clients`;
  const what = msgid === undefined ? 'acked here' : 'acked here, but not this message last';
  if (others > 0) lines.push({ step: 'ack', says: `${other} ${what}` });
  return lines.length === 0 ? [{ step: 'ack', says: 'no acks on this topic' }] : lines;
}

function retainedSays({ retained, msgid }: DeliveryFacts): string {
  if (retained === undefined) return 'none';
  const id = textOf(retained, 'msgid');
  const flaw = isReadableMessage(retained) ? '' : '; the broker cannot read this item';
  const same = msgid === undefined ? '' : id === msgid ? ', this message' : ', another message';
  return `one${id === undefined ? '' : ` published ${madeAt(id)}`}${same}${flaw}`;
}

function madeAt(msgid: string): string {
  const millis = msgidMillis(msgid);
  return millis === undefined ? 'at an unknown time' : utc(millis);
}

function since(millis: number | undefined): string {
  return millis === undefined ? '' : ` since ${utc(millis)}`;
}

function utc(millis: number): string {
  return isoText(millis)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

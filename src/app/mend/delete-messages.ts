import type { Change } from '../../domain/changes/change.ts';
import { MqdynError } from '../../domain/errors.ts';
import { groupBy } from '../../domain/group-by.ts';
import { s, setOf, textOf, type Item } from '../../domain/item.ts';
import { keyItem } from '../../domain/records/keys.ts';
import { makeChange, readItem } from '../../dynamo/make-change.ts';
import type { WriteContext } from './item-table.ts';

/** A message as it was, undefined where only its id was left; `queued`: the map listed it. */
export type DeletedMessage = {
  msgid: string;
  item: Item | undefined;
  queued: boolean;
  outcome: 'deleted' | 'missing' | 'changed';
};

/** Told of a change before it is made. */
export type BeforeChange = (change: Change) => Promise<void>;

/**
 * Deletes messages with their ids in the map: the ids of a topic leave it in one update, then the messages go, so that no id is
 * ever left without its message. `topic` is where the ids of messages that are gone are looked for.
 */
export async function* deleteMessages(
  context: WriteContext,
  ids: readonly string[],
  topic: string | undefined,
  before: BeforeChange,
): AsyncGenerator<DeletedMessage> {
  const found: { msgid: string; item: Item | undefined }[] = [];
  for (const msgid of ids) {
    found.push({ msgid, item: await readItem(context, 'mqtt_msg', keyItem({ table: 'mqtt_msg', partition: msgid })) });
  }
  const byTopic = groupBy(found, ({ item }) => (item && textOf(item, 'topic')) ?? topic ?? '');
  for (const [under, messages] of byTopic) {
    const queued = under === '' ? new Set<string>() : await takeIds(context, under, messages, before);
    for (const { msgid, item } of messages) {
      const outcome = item === undefined ? undefined : await deleteItem(context, 'mqtt_msg', item, before);
      const taken = queued.has(msgid);
      yield { msgid, item, queued: taken, outcome: outcome ?? (taken ? 'deleted' : 'missing') };
    }
  }
}

/** Those of the ids that the map listed under the topic. */
async function takeIds(
  context: WriteContext,
  topic: string,
  messages: readonly { msgid: string }[],
  before: BeforeChange,
): Promise<ReadonlySet<string>> {
  const map = await readItem(context, 'mqtt_topic_msg_map', { topic: s(topic) });
  const listed = new Set(setOf(map ?? {}, 'MsgId'));
  const ids = messages.map(({ msgid }) => msgid).filter((msgid) => listed.has(msgid));
  if (ids.length === 0) return new Set();
  const change: Change = { kind: 'take-ids', table: 'mqtt_topic_msg_map', topic, ids };
  await before(change);
  const outcome = await makeChange(context, change);
  if (!outcome.made) throw new MqdynError('E_USAGE', `DynamoDB refused to take ids out of ${topic}: ${outcome.why}`);
  return new Set(ids);
}

async function deleteItem(
  context: WriteContext,
  table: 'mqtt_msg' | 'mqtt_retain',
  item: Item,
  before: BeforeChange,
): Promise<'deleted' | 'changed'> {
  const change: Change = { kind: 'item', table, before: item, after: undefined };
  await before(change);
  return (await makeChange(context, change)).made ? 'deleted' : 'changed';
}

/** Deletes the retained messages of topics. */
export async function* deleteRetained(
  context: WriteContext,
  topics: readonly string[],
  before: BeforeChange,
): AsyncGenerator<{ topic: string; item: Item | undefined; outcome: DeletedMessage['outcome'] }> {
  for (const topic of topics) {
    const item = await readItem(context, 'mqtt_retain', { topic: s(topic) });
    const outcome = item === undefined ? 'missing' : await deleteItem(context, 'mqtt_retain', item, before);
    yield { topic, item, outcome };
  }
}

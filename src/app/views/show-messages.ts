import { queuedIds } from '../../domain/delivery/fetch.ts';
import { itemBytes, n, s, textOf, type Item } from '../../domain/item.ts';
import { shownPayload } from '../../domain/mqtt/payload-form.ts';
import { timeOfId, readMessages } from './list-pending.ts';
import type { TableReader } from './table-reader.ts';

/**
 * Messages with their place in the map, their retained copy and their acks, all by key. What is not stored any more can only
 * be found under a topic that is named. Ids that no table knows are left out.
 */
export async function showMessages(reader: TableReader, ids: readonly string[], topic: string | undefined): Promise<Item[]> {
  const stored = await readMessages(
    reader,
    ids.map((msgid) => ({ msgid })),
  );
  const items: Item[] = [];
  for (const msgid of ids) {
    const item = await messageRow(reader, msgid, stored.get(msgid), topic);
    if (item) items.push(item);
  }
  return items;
}

async function messageRow(
  reader: TableReader,
  msgid: string,
  stored: Item | undefined,
  named: string | undefined,
): Promise<Item | undefined> {
  const topic = (stored === undefined ? undefined : textOf(stored, 'topic')) ?? named;
  const [map, retained, acks] =
    topic === undefined
      ? [undefined, undefined, []]
      : await Promise.all([
          reader.get('mqtt_topic_msg_map', topic),
          reader.get('mqtt_retain', topic),
          reader.query('mqtt_acked', topic),
        ]);
  const queued = queuedIds(map).includes(msgid);
  const copy = retained !== undefined && textOf(retained, 'msgid') === msgid ? retained : undefined;
  const ackers = acks.filter((ack) => textOf(ack, 'msgid') === msgid).map((ack) => s(textOf(ack, 'clientid') ?? ''));
  const shown = stored ?? copy;
  if (shown === undefined && !queued && ackers.length === 0) return undefined;
  return {
    ...(topic === undefined ? {} : { topic: s(topic) }),
    ...shown,
    msgid: s(msgid),
    time: timeOfId(msgid),
    stored: { BOOL: stored !== undefined },
    queued: topic === undefined ? { NULL: true } : { BOOL: queued },
    retained: topic === undefined ? { NULL: true } : { BOOL: copy !== undefined },
    acks: { L: ackers },
    ...(shown === undefined ? {} : { bytes: n(itemBytes(shown)), payloadForm: s(shownPayload(shown['payload']).form) }),
  };
}

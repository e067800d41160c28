import { queuedIds } from '../../domain/delivery/fetch.ts';
import { itemBytes, textOf, type Item } from '../../domain/item.ts';
import { shownPayload } from '../../domain/mqtt/payload-form.ts';
import type { MessageView } from '../../domain/views/messages.ts';
import { microsOfId, readMessages } from './list-pending.ts';
import type { TableReader } from './table-reader.ts';

/**
 * Messages with their place in the map, their retained copy and their acks, all by key. What is not stored any more can only
 * be found under a topic that is named. Ids that no table knows are left out.
 */
export async function showMessages(
  reader: TableReader,
  ids: readonly string[],
  topic: string | undefined,
): Promise<MessageView[]> {
  const stored = await readMessages(
    reader,
    ids.map((msgid) => ({ msgid })),
  );
  const views: MessageView[] = [];
  for (const msgid of ids) {
    const view = await messageView(reader, msgid, stored.get(msgid), topic);
    if (view) views.push(view);
  }
  return views;
}

async function messageView(
  reader: TableReader,
  msgid: string,
  stored: Item | undefined,
  named: string | undefined,
): Promise<MessageView | undefined> {
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
  const ackers = acks.filter((ack) => textOf(ack, 'msgid') === msgid).map((ack) => textOf(ack, 'clientid') ?? '');
  const item = stored ?? copy;
  if (item === undefined && !queued && ackers.length === 0) return undefined;
  return {
    msgid,
    micros: microsOfId(msgid),
    topic,
    item,
    bytes: item && itemBytes(item),
    payloadForm: item && shownPayload(item['payload']).form,
    stored: stored !== undefined,
    queued: topic === undefined ? undefined : queued,
    retained: topic === undefined ? undefined : copy !== undefined,
    acks: ackers,
  };
}

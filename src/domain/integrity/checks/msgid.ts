import { setOf, textOf, type Item } from '../../item.ts';
import { decodeMsgid } from '../../mqtt/msgid.ts';
import type { TableName } from '../../records/tables.ts';
import { isoText, msgidMillis } from '../../records/times.ts';
import type { ItemCheck } from '../check.ts';

const TABLES_WITH_IDS: readonly TableName[] = ['mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'];

/** Clocks of brokers differ a little. */
const AHEAD_MS = 600_000;

export const msgidInvalid: ItemCheck = {
  id: 'msgid_invalid',
  severity: 'error',
  tables: TABLES_WITH_IDS,
  title: 'message ids that do not decode',
  says: 'No broker made them, so they tell no time and no order; ids cut short or written by another program look like this.',
  judge: (item, table) =>
    idsOf(item, table)
      .filter((id) => decodeMsgid(id) === undefined)
      .map((id) => ({ about: id })),
};

export const msgidFuture: ItemCheck = {
  id: 'msgid_future',
  severity: 'warning',
  tables: TABLES_WITH_IDS,
  title: 'message ids from the future',
  says: 'The clock of a broker was ahead when it made them. They sort behind every newer message, and purge by age keeps them.',
  judge: (item, table, { now }) =>
    idsOf(item, table).flatMap((id) => {
      const millis = msgidMillis(id);
      return millis === undefined || millis <= now + AHEAD_MS ? [] : [{ about: id, detail: isoText(millis) }];
    }),
};

function idsOf(item: Item, table: TableName): readonly string[] {
  if (table === 'mqtt_topic_msg_map') return setOf(item, 'MsgId');
  const id = textOf(item, 'msgid');
  return id === undefined ? [] : [id];
}

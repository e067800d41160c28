import { queuedIds } from '../../delivery/fetch.ts';
import { itemBytes, MAX_ITEM_BYTES } from '../../item.ts';
import { msgidMillis } from '../../records/times.ts';
import { forecast } from '../../topics/forecast.ts';
import { SOUND, type ItemCheck } from '../check.ts';

/** From this share of DynamoDB's largest item on a topic is told. */
const NEAR = 0.8;

/** Growth that takes longer is none. */
const FAR_DAYS = 3_650;

export const topicNearLimit: ItemCheck = {
  id: 'topic_near_limit',
  severity: 'warning',
  tables: ['mqtt_topic_msg_map'],
  title: 'topics near 400 KB of ids',
  says: 'At 400 KB the ids of further messages are lost without an error to the publisher, and each publish is billed on the whole item until then.',
  judge: (item, _table, { now }) => {
    const bytes = itemBytes(item);
    if (bytes < NEAR * MAX_ITEM_BYTES) return SOUND;
    const ids = queuedIds(item);
    const oldest = ids.reduce((least, id) => Math.min(least, msgidMillis(id) ?? Infinity), Infinity);
    const { daysLeft } = forecast({ ids: ids.length, bytes, oldest: oldest === Infinity ? undefined : oldest }, now);
    const share = `${Math.floor((bytes / MAX_ITEM_BYTES) * 100)} % full`;
    if (daysLeft === undefined || daysLeft > FAR_DAYS) return [{ detail: share }];
    return [{ detail: `${share}, ${daysLeft.toFixed(daysLeft < 10 ? 1 : 0)} days left` }];
  },
};

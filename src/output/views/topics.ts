import { MAX_ITEM_BYTES, type Item } from '../../domain/item.ts';
import { isoText } from '../../domain/records/times.ts';
import type { TopicView } from '../../domain/views/topics.ts';
import { itemOf } from '../items.ts';

export function topicItem({ topic, depth, tally, subscribers }: TopicView): Item {
  return itemOf({
    topic,
    topics: tally.topics,
    ids: tally.ids,
    bytes: tally.bytes,
    share: shareOfLimit(tally.largest),
    oldest: isoOrNull(tally.oldest),
    newest: isoOrNull(tally.newest),
    retained: tally.retained,
    subscribers: subscribers ?? null,
    depth,
  });
}

/** Part of DynamoDB's largest item, 0 to 1, with four digits. */
export function shareOfLimit(bytes: number): number {
  return Math.round((bytes / MAX_ITEM_BYTES) * 10_000) / 10_000;
}

/** A moment in Unix milliseconds as ISO text. */
export function isoOrNull(millis: number | undefined): string | null {
  return millis === undefined ? null : isoText(millis);
}

import { MAX_ITEM_BYTES, writeUnits } from '../item.ts';
import type { Tally } from './tally.ts';

/** Bytes of one id in the set of a topic: today's msgids all have this length. */
const ID_BYTES = 47;
const DAY_MS = 86_400_000;
/** Ids of the last minutes are no trend: the time that they took is counted as at least so long. */
const MIN_SPAN_MS = 3_600_000;

export type Forecast = {
  /** Ids that came and stayed a day, on average since the oldest one; undefined where no id tells its time. */
  idsPerDay: number | undefined;
  /** Days until the item reaches 400 KB and publishes are lost; undefined without growth. */
  daysLeft: number | undefined;
  /** Write units of the next publish: DynamoDB bills a change of a set on its whole item. */
  nextPublishUnits: number;
};

/** Where the item of a topic in the map is heading. `now` in Unix milliseconds. */
export function forecast({ ids, bytes, oldest }: Pick<Tally, 'ids' | 'bytes' | 'oldest'>, now: number): Forecast {
  // the larger of before and after is billed, and an id makes it larger
  const nextPublishUnits = writeUnits(bytes + ID_BYTES);
  if (oldest === undefined || ids === 0) return { idsPerDay: undefined, daysLeft: undefined, nextPublishUnits };
  const days = Math.max(MIN_SPAN_MS, now - oldest) / DAY_MS;
  const idsPerDay = ids / days;
  return { idsPerDay, daysLeft: Math.max(0, MAX_ITEM_BYTES - bytes) / (idsPerDay * ID_BYTES), nextPublishUnits };
}

import type { TableName } from '../records/tables.ts';
import type { AgeGroup, Histogram } from '../topics/arrivals.ts';
import type { Forecast } from '../topics/forecast.ts';
import type { Tally } from '../topics/tally.ts';

/** Items and bytes of a table; `exact` when they were counted now. */
export type TableSize = { table: TableName; items: number | undefined; bytes: number | undefined; exact: boolean };
export type NearTopic = { topic: string; tally: Tally; forecast: Forecast };
export type Oldest = { msgid: string; topic: string; millis: number };

export type Stats = {
  tables: TableSize[];
  clients: { online: number; offline: number; unknown: number };
  pending: { ids: number; topics: number; oldest: Oldest | undefined };
  byAge: AgeGroup[];
  hours: Histogram;
  days: Histogram;
  /** The topics nearest to 400 KB, the nearest first. */
  nearest: NearTopic[];
  /** Write units that an id took in its item of the map, on average. */
  unitsPerId: number;
};

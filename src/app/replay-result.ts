import { n, type Item } from '../domain/item.ts';
import type { ReplayResult } from './replay-events.ts';

/** The result object of a replay. `read = applied + superseded + skipped + rejected`. */
export function replayResultItem(result: ReplayResult, seconds: number): Item {
  const { read, applied, superseded, skipped, rejected, actions, writer } = result;
  return {
    read: n(read),
    applied: n(applied),
    superseded: n(superseded),
    skipped: n(skipped),
    rejected: n(rejected),
    actions: { M: counts(actions) },
    writes: { M: Object.fromEntries(Object.entries(writer.tables).map(([table, kinds]) => [table, { M: counts(kinds) }])) },
    requests: n(writer.requests),
    retries: n(writer.retries),
    consumedCapacity: n(writer.units),
    seconds: n(seconds.toFixed(3)),
    checkpoint: { NULL: true },
  };
}

/** The one line that says what became of the events. */
export function replaySummary({ read, applied, superseded, skipped, rejected }: ReplayResult): string {
  return `read ${read} = applied ${applied} + superseded ${superseded} + skipped ${skipped} + rejected ${rejected}`;
}

function counts(values: Readonly<Record<string, number>>): Item {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, n(value)]));
}

/** The identity that every replay ends with; anything else is a bug. */
export function isAccountedFor({ read, applied, superseded, skipped, rejected }: ReplayResult): boolean {
  return read === applied + superseded + skipped + rejected;
}

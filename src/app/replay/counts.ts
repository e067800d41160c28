import { ACTIONS, type Action } from '../../domain/hooks/rules.ts';
import type { WriterCounts } from '../../dynamo/writer.ts';

/** What became of events. `read = applied + superseded + skipped + rejected`. */
export type EventCounts = {
  read: number;
  applied: number;
  superseded: number;
  skipped: number;
  rejected: number;
  /** Messages whose payload the recorder had cut. */
  cut: number;
  /** Messages whose payload is not UTF-8 and was stored all the same. */
  binary: number;
  /** Messages that replaced another one with the same id but other content. */
  overwritten: number;
  /** Events that are older than one before them. */
  outOfOrder: number;
  /** Messages as a subscriber received them, and those of them that came with QoS 0. */
  received: number;
  receivedQos0: number;
  actions: Partial<Record<Action, number>>;
};

export function noEvents(): EventCounts {
  return {
    read: 0,
    applied: 0,
    superseded: 0,
    skipped: 0,
    rejected: 0,
    cut: 0,
    binary: 0,
    overwritten: 0,
    outOfOrder: 0,
    received: 0,
    receivedQos0: 0,
    actions: {},
  };
}

/** Every count but those of the actions. */
const COUNTED = [
  'read',
  'applied',
  'superseded',
  'skipped',
  'rejected',
  'cut',
  'binary',
  'overwritten',
  'outOfOrder',
  'received',
  'receivedQos0',
] as const satisfies readonly Exclude<keyof EventCounts, 'actions'>[];

/** Adds the counts of a settled window. */
export function addCounts(sum: EventCounts, more: EventCounts): void {
  for (const name of COUNTED) sum[name] += more[name];
  for (const action of ACTIONS) {
    const count = more.actions[action];
    if (count !== undefined) sum.actions[action] = (sum.actions[action] ?? 0) + count;
  }
}

/** Puts the counts of an earlier run before those of this one. */
export function addWriterCounts(a: WriterCounts, b: WriterCounts): WriterCounts {
  const tables: WriterCounts['tables'] = structuredClone(a.tables);
  for (const [table, kinds] of Object.entries(b.tables)) {
    const sum = (tables[table] ??= { put: 0, update: 0, delete: 0 });
    for (const kind of ['put', 'update', 'delete'] as const) sum[kind] += kinds[kind];
  }
  return { requests: a.requests + b.requests, retries: a.retries + b.retries, units: a.units + b.units, tables };
}

/** The identity that every replay ends with; anything else is a bug. */
export function isAccountedFor({ read, applied, superseded, skipped, rejected }: EventCounts): boolean {
  return read === applied + superseded + skipped + rejected;
}

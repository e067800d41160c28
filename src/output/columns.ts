import { ATTRIBUTES, isBackendTable, TIME_ATTRIBUTES } from '../domain/records/tables.ts';
import type { Column } from './document.ts';

/** Columns of a backend table in their order; none for a table that is not one of the six. */
export function tableColumns(table: string): Column[] {
  return isBackendTable(table) ? columns(ATTRIBUTES[table]) : [];
}

/** Names of columns, of which several lists may have some in common. */
export function fieldNames(...lists: readonly (readonly Column[])[]): string[] {
  return [...new Set(lists.flat().map(({ name }) => name))];
}

/** Columns by name; those that hold a time are shown as one. */
export function columns(names: readonly string[]): Column[] {
  return names.map((name) => (TIME_ATTRIBUTES.has(name) ? { name, kind: 'time' } : { name }));
}

/** Members of a replay's result in their order. */
export const REPLAY_COLUMNS: readonly Column[] = [
  ...['read', 'applied', 'superseded', 'skipped', 'rejected'].map((name) => ({ name })),
  { name: 'actions', kind: 'counts' },
  { name: 'writes', kind: 'counts' },
  ...['requests', 'retries', 'consumedCapacity', 'seconds', 'checkpoint'].map((name) => ({ name })),
];

/** Members of a difference in their order. */
export const DIFFERENCE_COLUMNS: readonly Column[] = ['table', 'path', 'want', 'have', 'change'].map((name) => ({ name }));

/** A difference, and what became of it. */
export const APPLY_COLUMNS: readonly Column[] = [...DIFFERENCE_COLUMNS, { name: 'status' }];

/** A change that is taken back, or why it was left. */
export const REWIND_COLUMNS: readonly Column[] = ['table', 'key', 'sort', 'action', 'why'].map((name) => ({ name }));

/** What became of a message that was published. */
export const PUBLISH_COLUMNS: readonly Column[] = [
  ...columns(['msgid', 'time', 'topic', 'qos', 'retain']),
  { name: 'stored', kind: 'names' },
  { name: 'deleted', kind: 'names' },
  { name: 'replaced' },
];

/** Members of an explanation in their order. */
export const EXPLAIN_COLUMNS: readonly Column[] = columns([
  'clientid',
  'topic',
  'msgid',
  'delivered',
  'verdict',
  'sentence',
  'evidence',
  'next',
  'consumedCapacity',
]);

/** Members of the verdict on one subscription. */
export const EXPLAIN_CLIENT_COLUMNS: readonly Column[] = [
  { name: 'clientid', aside: true },
  ...columns(['topic', 'qos', 'delivered', 'verdict']),
  { name: 'sentence', optional: true },
  { name: 'next', aside: true },
];

export const CLIENT_COLUMNS: readonly Column[] = [
  ...columns(['clientid', 'state', 'node']),
  { name: 'since', kind: 'time', optional: true },
  { name: 'age', kind: 'age' },
  { name: 'ghost', tones: { '*': 'warn' } },
  { name: 'online_at', kind: 'time', aside: true },
  { name: 'offline_at', kind: 'time', aside: true },
];

export const subscriptionColumns = (now: number): readonly Column[] => [
  ...columns(['topic', 'qos', 'fetches', 'waiting']),
  { name: 'oldest', kind: 'age' },
  { name: 'ackedAt', label: 'last ack', kind: 'ago', now },
  { name: 'acked', aside: true },
];

export const DOSSIER_COLUMNS: readonly Column[] = [...CLIENT_COLUMNS, ...columns(['waiting', 'subscriptions'])];

export const RETAINED_COLUMNS: readonly Column[] = [
  { name: 'topic' },
  { name: 'arrived', kind: 'time', optional: true },
  { name: 'age', kind: 'age' },
  ...columns(['sender', 'qos']),
  { name: 'bytes', kind: 'bytes' },
  { name: 'payload', kind: 'payload' },
  { name: 'msgid', aside: true },
  { name: 'retain', aside: true },
];

/** The last columns of a waiting message. */
const WHICH_MESSAGE: readonly Column[] = [
  { name: 'msgid', aside: true },
  { name: 'preview', label: 'payload', kind: 'payload' },
];

const WAITING_COLUMNS: readonly Column[] = [
  { name: 'time', kind: 'time' },
  { name: 'age', kind: 'age', aside: true },
  { name: 'topic' },
  { name: 'sender', aside: true },
  { name: 'qos' },
  { name: 'bytes', kind: 'bytes' },
];

export const PENDING_COLUMNS: readonly Column[] = [
  ...WAITING_COLUMNS,
  { name: 'state', tones: { message_gone: 'bad', message_unreadable: 'bad' } },
  ...WHICH_MESSAGE,
];

export const PENDING_OF_CLIENT_COLUMNS: readonly Column[] = [
  ...WAITING_COLUMNS,
  { name: 'deliverable', optional: true },
  { name: 'reason', tones: { message_gone: 'bad', message_unreadable: 'bad' } },
  ...WHICH_MESSAGE,
];

/** `tree`: topics are drawn as one. */
export const topicColumns = (now: number, tree: boolean): readonly Column[] => [
  tree ? { name: 'topic', kind: 'tree' } : { name: 'topic' },
  { name: 'topics', optional: true },
  { name: 'ids' },
  { name: 'bytes', kind: 'bytes' },
  { name: 'share', kind: 'share' },
  { name: 'oldest', kind: 'ago', now },
  { name: 'newest', kind: 'ago', now, optional: true },
  { name: 'retained' },
  { name: 'subscribers', label: 'subs' },
  { name: 'depth', aside: true },
];

export const MESSAGE_COLUMNS: readonly Column[] = [
  ...columns(['msgid', 'time', 'topic', 'sender', 'qos', 'retain', 'arrived']),
  { name: 'bytes', kind: 'bytes' },
  ...columns(['stored', 'queued', 'retained']),
  { name: 'acks', kind: 'names' },
  { name: 'payloadForm' },
  { name: 'payload', kind: 'payload' },
];

/** What a purge would take away of a table. */
export const PURGE_LOOK_COLUMNS: readonly Column[] = [
  { name: 'table' },
  { name: 'selected' },
  { name: 'bytes', kind: 'bytes' },
  { name: 'writeUnits', label: 'write units' },
  { name: 'seconds', label: 'time', kind: 'age' },
  { name: 'examples', kind: 'names', aside: true },
];

/** What a purge took away of a table. */
export const PURGE_COLUMNS: readonly Column[] = [
  ...columns(['table', 'selected', 'deleted']),
  { name: 'changedMeanwhile', label: 'changed' },
  { name: 'recent' },
];

/** Why something was not delivered. */
export const DELIVER_COLUMNS: readonly Column[] = [{ name: 'reason' }, { name: 'count' }, { name: 'examples', kind: 'names' }];

/** What would be delivered to a topic. */
export const DELIVER_PLAN_COLUMNS: readonly Column[] = [
  ...columns(['topic', 'pending', 'retained']),
  { name: 'bytes', kind: 'bytes' },
  { name: 'subscriptions' },
  { name: 'clients', kind: 'names' },
];

/** Members of the statistics in their order. */
export const STATS_COLUMNS: readonly Column[] = columns([
  'tables',
  'clients',
  'pending',
  'pendingByAge',
  'arrivals',
  'topics',
  'cost',
  'scannedCount',
  'consumedCapacity',
]);

/** A table that DynamoDB itself exports to S3. */
export const NATIVE_EXPORT_COLUMNS: readonly Column[] = [
  ...columns(['table', 'status']),
  { name: 'itemCount', label: 'items' },
  { name: 'billedSizeBytes', label: 'bytes', kind: 'bytes' },
  { name: 'failure', optional: true },
  { name: 'job', aside: true },
  { name: 'at', aside: true },
  { name: 'manifest', aside: true },
];

/** A table that DynamoDB itself loads from S3. */
export const NATIVE_IMPORT_COLUMNS: readonly Column[] = [
  ...columns(['table', 'status']),
  { name: 'itemCount', label: 'items' },
  { name: 'expected' },
  { name: 'errors' },
  { name: 'failure', optional: true },
  { name: 'job', aside: true },
];

/** The same of jobs that were only started: which they are is all that can be said. */
export function startedColumns(all: readonly Column[]): Column[] {
  const shown = new Set(['table', 'status', 'job']);
  return all.map((column) => ({ ...column, aside: !shown.has(column.name) }));
}

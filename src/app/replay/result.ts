import { n, s, type Item } from '../../domain/item.ts';
import type { HookRule } from '../../domain/hooks/rules.ts';
import type { BinaryPayloadPolicy } from '../../domain/mqtt/payload.ts';
import type { WriterCounts } from '../../dynamo/writer.ts';
import type { EventCounts } from './counts.ts';

export type ReplayResult = EventCounts & {
  writer: WriterCounts;
  /** Topics that a late call had changed and that were written again. */
  reconciled: number;
  /** Why records were rejected, a sentence a kind. */
  reasons: readonly string[];
  /** Where the checkpoint stays, if it does. */
  checkpoint: string | undefined;
};

/** The result object of a replay. */
export function replayResultItem(result: ReplayResult, seconds: number): Item {
  const { writer } = result;
  return {
    read: n(result.read),
    applied: n(result.applied),
    superseded: n(result.superseded),
    skipped: n(result.skipped),
    rejected: n(result.rejected),
    actions: { M: counts(result.actions) },
    writes: { M: Object.fromEntries(inOrder(writer.tables).map(([table, kinds]) => [table, { M: counts(kinds) }])) },
    requests: n(writer.requests),
    retries: n(writer.retries),
    consumedCapacity: n(writer.units),
    seconds: n(seconds.toFixed(3)),
    checkpoint: result.checkpoint === undefined ? { NULL: true } : s(result.checkpoint),
    overwritten: n(result.overwritten),
    outOfOrder: n(result.outOfOrder),
    cutPayloads: n(result.cut),
    binaryPayloads: n(result.binary),
    reconciled: n(result.reconciled),
  };
}

/** The one line that says what became of the events. `unsettled` ones were read, and a run that goes on reads them again. */
export function replaySummary({ read, applied, superseded, skipped, rejected }: EventCounts, unsettled = 0): string {
  const settled = `applied ${applied} + superseded ${superseded} + skipped ${skipped} + rejected ${rejected}`;
  return `read ${read + unsettled} = ${settled}${unsettled > 0 ? ` + unsettled ${unsettled}` : ''}`;
}

/** What else there is to say about what was stored, and what was not. */
export function replayNotes(
  { cut, binary, received, receivedQos0 }: EventCounts,
  { binaryPayload: policy, rules }: { binaryPayload: BinaryPayloadPolicy; rules: readonly HookRule[] },
): string[] {
  const notes: string[] = [];
  if (received > 0 && received === receivedQos0 && rules.some(({ action }) => action === 'on_message_publish')) {
    const all = received === 1 ? 'the only message received has' : `all ${received} messages received have`;
    notes.push(`${all} QoS 0, and on_message_publish does not store QoS 0; subscribe with -q 2 to record the publisher's QoS`);
  }
  if (cut > 0) {
    const stored = cut === 1 ? 'it is stored as far as it was recorded' : 'they are stored as far as they were recorded';
    notes.push(`the recorder had cut ${payloads(cut)} at a NUL byte; ${stored}`);
  }
  if (binary > 0) {
    const [are, they] = binary === 1 ? ['is', 'it'] : ['are', 'they'];
    const how = policy === 'binary' ? `as the bytes that ${they} ${are}` : 'with U+FFFD in place of what is not';
    notes.push(`${payloads(binary)} ${are} not UTF-8; ${they} ${are} stored ${how}`);
  }
  return notes;
}

/** Tables by name: which one was written first changes from run to run. */
function inOrder<T>(tables: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(tables).sort(([a], [b]) => (a < b ? -1 : 1));
}

function payloads(count: number): string {
  return count === 1 ? '1 payload' : `${count} payloads`;
}

function counts(values: Readonly<Record<string, number>>): Item {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, n(value)]));
}

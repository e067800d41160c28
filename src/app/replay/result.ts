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

type Settled = Pick<EventCounts, 'read' | 'applied' | 'superseded' | 'skipped' | 'rejected'>;

/** The one line that says what became of the events. `unsettled` ones were read, and a run that goes on reads them again. */
export function replaySummary(counts: Settled, unsettled = 0): string {
  const { read, applied, superseded, skipped, rejected } = counts;
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

function payloads(count: number): string {
  return count === 1 ? '1 payload' : `${count} payloads`;
}

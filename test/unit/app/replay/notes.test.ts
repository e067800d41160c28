import { describe, expect, it } from 'vitest';
import { noEvents, type EventCounts } from '../../../../src/app/replay/counts.ts';
import { replayNotes } from '../../../../src/app/replay/result.ts';
import { DEFAULT_RULES } from '../../../../src/domain/hooks/rules.ts';

const notes = (counts: Partial<EventCounts>, binaryPayload: 'replace' | 'binary' = 'replace', rules = DEFAULT_RULES) =>
  replayNotes({ ...noEvents(), ...counts }, { binaryPayload, rules });

describe('notes about what was stored', () => {
  it('are none without a reason', () => expect(notes({})).toEqual([]));

  it('speak of one payload', () => {
    expect(notes({ cut: 1, binary: 1 })).toEqual([
      'the recorder had cut 1 payload at a NUL byte; it is stored as far as it was recorded',
      '1 payload is not UTF-8; it is stored with U+FFFD in place of what is not',
    ]);
    expect(notes({ binary: 1 }, 'binary')).toEqual(['1 payload is not UTF-8; it is stored as the bytes that it is']);
  });

  it('speak of several', () => {
    expect(notes({ cut: 2, binary: 3 }, 'binary')).toEqual([
      'the recorder had cut 2 payloads at a NUL byte; they are stored as far as they were recorded',
      '3 payloads are not UTF-8; they are stored as the bytes that they are',
    ]);
  });
});

describe('a recording in which every message came with QoS 0', () => {
  const HINT = "QoS 0, and on_message_publish does not store QoS 0; subscribe with -q 2 to record the publisher's QoS";

  it('gets a hint (fault 34)', () => {
    expect(notes({ received: 1, receivedQos0: 1 })).toEqual([`the only message received has ${HINT}`]);
    expect(notes({ received: 3, receivedQos0: 3 })).toEqual([`all 3 messages received have ${HINT}`]);
  });

  it('gets none where one of them had more, or where no rule stores by QoS (fault 34)', () => {
    expect(notes({ received: 3, receivedQos0: 2 })).toEqual([]);
    const others = DEFAULT_RULES.filter(({ action }) => action !== 'on_message_publish');
    expect(notes({ received: 3, receivedQos0: 3 }, 'replace', others)).toEqual([]);
  });
});

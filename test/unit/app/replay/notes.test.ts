import { describe, expect, it } from 'vitest';
import { noEvents } from '../../../../src/app/replay/counts.ts';
import { replayNotes } from '../../../../src/app/replay/result.ts';

const notes = (counts: { cut?: number; binary?: number }, policy: 'replace' | 'binary' = 'replace') =>
  replayNotes({ ...noEvents(), ...counts }, policy);

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

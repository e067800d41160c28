import { describe, expect, it } from 'vitest';
import type { Reject } from '../../../../src/domain/events/event.ts';
import { RejectGroups } from '../../../../src/app/replay/reject-groups.ts';

function sentences(...rejects: Reject[]): string[] {
  const groups = new RejectGroups();
  for (const [index, reject] of rejects.entries()) groups.add(reject, `a:${index + 1}`);
  return groups.sentences();
}

const BINARY: Reject = { reason: 'utf8', detail: 'payload is not UTF-8; see --binary-payload' };
const FIELD: Reject = { reason: 'utf8', detail: 'clientid is not UTF-8' };

describe('RejectGroups', () => {
  it('counts what is alike, names the flag that helps and the first place, the most frequent first', () => {
    const syntax: Reject = { reason: 'json_syntax', detail: 'not JSON at column 1' };
    expect(sentences(syntax, BINARY, BINARY)).toEqual([
      '2 payloads are not UTF-8: --binary-payload (first: a:2)',
      '1 record is not valid JSON (first: a:1)',
    ]);
  });

  it.each([
    [FIELD, '1 record is not UTF-8 (first: a:1)'],
    [{ reason: 'unknown_event', detail: '' }, '1 record is of an unknown kind: --ignore-unknown (first: a:1)'],
    [{ reason: 'line_too_long', detail: '9 bytes' }, '1 record is too long: --max-line (first: a:1)'],
    [
      { reason: 'line_too_long', detail: 'the reject file holds 1 of 9 bytes of the record' },
      '1 record is too long for the reject file that it comes from (first: a:1)',
    ],
    [
      { reason: 'payload_length', detail: 'the recorder wrote 3 of 9 bytes of the payload' },
      '1 payload was cut by the recorder: --binary-payload (first: a:1)',
    ],
    [
      { reason: 'payload_length', detail: 'the recorder wrote 0 of 9 bytes of the payload' },
      '1 payload was cut to nothing by the recorder (first: a:1)',
    ],
  ] as const)('%j', (reject, sentence) => {
    expect(sentences(reject)).toEqual([sentence]);
  });
});

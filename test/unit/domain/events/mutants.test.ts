import { describe, expect, it } from 'vitest';
import type { PayloadEncoding } from '../../../../src/domain/events/format.ts';
import { PAYLOAD_ENCODINGS } from '../../../../src/domain/events/format.ts';
import { readRecordText } from '../../../../src/domain/events/record.ts';
import { decodeRecord, FORMATS } from '../../../../src/domain/events/registry.ts';
import { applyEvent } from '../../../../src/domain/hooks/apply.ts';
import { DEFAULT_RULES } from '../../../../src/domain/hooks/rules.ts';
import { asText, fixtureLines } from './fixture-text.ts';

/** Values that a member may have in recordings of other programs, as JSON. */
const ODD = [
  'null',
  '0',
  '-1',
  '-0',
  '1.5',
  '1e400',
  '9007199254740993',
  '"9007199254740993"',
  '""',
  '"undefined"',
  '"\\ud800"',
  '[]',
  '[1]',
].concat([
  '{}',
  '{"data":[256]}',
  '{"type":"Buffer","data":[123]}',
  'true',
  '"{}"',
  '"\\u0000"',
  '"$SYS/brokers/n/clients/connected"',
]);

type Members = Record<string, unknown>;

/** Every record that differs from one in a single member, at the top or one level below: without it, or with an odd value. */
function* mutants(record: Members): Generator<string> {
  for (const [name, value] of Object.entries(record)) {
    const { [name]: _, ...others } = record;
    yield JSON.stringify(others);
    const before = JSON.stringify(others).slice(0, -1);
    const join = before === '{' ? '' : ',';
    for (const odd of ODD) yield `${before}${join}${JSON.stringify(name)}:${odd}}`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
    for (const inner of mutants(value as Members)) yield `${before}${join}${JSON.stringify(name)}:${inner}}`;
  }
}

const mutated = FORMATS.flatMap(({ name }) => fixtureLines(name, 'input.jsonl')).flatMap((line) => [
  ...mutants(JSON.parse(line) as Members),
]);

/** Decodes and applies; the outcome is always one of event, skip and reject, and told apart by auto the same one each time. */
function outcome(line: string, forced: (typeof FORMATS)[number] | undefined, payloadEncoding: PayloadEncoding): string {
  const read = readRecordText(line, false);
  if ('reject' in read) return 'reject';
  const options = { node: 'n', payloadEncoding, fallbackMillis: 1 };
  const { decoded } = decodeRecord(read.record, options, forced);
  if (forced === undefined && asText(decodeRecord(read.record, options).decoded) !== asText(decoded))
    throw new Error('not repeatable');
  if (!('event' in decoded)) return 'reject' in decoded ? 'reject' : 'skip';
  const effect = applyEvent(decoded.event, { rules: DEFAULT_RULES, timeUnit: 's', binaryPayload: 'reject' });
  return 'reject' in effect ? 'reject' : 'event';
}

describe('mutants of every fixture line', () => {
  it('are many', () => {
    expect(mutated.length).toBeGreaterThan(14_000);
  });

  it.each(['auto', ...FORMATS.map(({ name }) => name)])('always come out as event, skip or reject: %s', (name) => {
    const forced = FORMATS.find((format) => format.name === name);
    const counts: Record<string, number> = { event: 0, skip: 0, reject: 0 };
    for (const [index, line] of mutated.entries()) {
      const encoding = PAYLOAD_ENCODINGS[index % PAYLOAD_ENCODINGS.length]!;
      try {
        const result = outcome(line, forced, encoding);
        counts[result]! += 1;
      } catch (error) {
        throw new Error(`${line} (${encoding})`, { cause: error });
      }
    }
    expect(counts['event']! + counts['skip']! + counts['reject']!).toBe(mutated.length);
    expect(counts['reject']).toBeGreaterThan(0);
  });

  it('are claimed by one format at the most', () => {
    for (const line of mutated) {
      const read = readRecordText(line, false);
      if ('reject' in read) continue;
      const claims = FORMATS.filter((format) => format.detects(read.record)).map((format) => format.name);
      expect(claims.length, `${line}: ${claims.join()}`).toBeLessThanOrEqual(1);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { duplicateKey } from '../../../../src/domain/json/duplicate-key.ts';
import { readRecord } from '../../../../src/domain/events/record.ts';

const read = (text: string) => readRecord(Buffer.from(text));
const reason = (text: string) => {
  const result = read(text);
  return 'reject' in result ? result.reject.reason : undefined;
};

const nested = (levels: number) => `{"a":`.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1);

describe('readRecord', () => {
  it('takes 32 levels and no more, of either bracket', () => {
    expect(reason(nested(32))).toBeUndefined();
    expect(reason(nested(33))).toBe('too_deep');
    expect(reason(`{"a":${'['.repeat(31)}${']'.repeat(31)}}`)).toBeUndefined();
    expect(reason(`{"a":${'['.repeat(32)}${']'.repeat(32)}}`)).toBe('too_deep');
    expect(reason('['.repeat(1_000_000))).toBe('too_deep');
  });

  it('counts no brackets inside of strings and none that are side by side', () => {
    expect(reason(`{"a":"${'{['.repeat(500)}"}`)).toBeUndefined();
    expect(reason(`{"a":"\\\\\\"${'['.repeat(500)}"}`)).toBeUndefined();
    expect(reason(`{"a":[${Array(500).fill('{}').join()}]}`)).toBeUndefined();
  });

  it('reads Unicode, escapes and lines of other byte arrays', () => {
    const bytes = new TextEncoder().encode('x{"a":"é\u2028\\u00e9"}').subarray(1);
    expect(readRecord(bytes)).toEqual({ record: { fields: { a: 'é\u2028é' }, keepsBytes: false } });
  });

  it.each(['', '[]', '5', 'null', '{"a":}', '{"a":1} x'])('rejects %j', (text) => {
    expect(reason(text)).toBe('json_syntax');
  });
});

describe('duplicateKey', () => {
  it.each([
    ['{"a":1,"b":2}', undefined],
    ['{"a":1,"b":2,"a":3}', 'a'],
    ['{"a":{"b":1},"c":[{"b":1},{"d":1,"d":2}]}', 'd'],
    ['{"a":{"x":1},"b":{"x":1}}', undefined],
    ['{"\\u0061":1,"a":2}', 'a'],
    ['{"a":', undefined],
  ])('%s has %s', (text, key) => {
    expect(duplicateKey(text)).toBe(key);
  });
});

import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldReader } from '../../../../src/domain/events/field-reader.ts';
import { readRecord, type JsonRecord } from '../../../../src/domain/events/record.ts';

/** Text with `<hex>` for raw bytes. */
function bytesOf(text: string): Buffer {
  return Buffer.concat(
    text.split(/<([0-9a-f]{2})>/).map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.from(part, 'hex'))),
  );
}

function record(line: string | Buffer): JsonRecord {
  const read = readRecord(typeof line === 'string' ? bytesOf(line) : line);
  if ('reject' in read) throw new Error(JSON.stringify(read.reject));
  return read.record;
}

const fields = (line: string) => new FieldReader(record(line));

describe('readRecord', () => {
  it.each([
    ['{"a":x}', 'json_syntax', 'not JSON at column 6'],
    ['{"a":1', 'json_syntax', 'not JSON at column 7'],
    ['{"a":1} {"b":2}', 'json_syntax', 'not JSON at column 9'],
    ['{"a":"position 99"', 'json_syntax', 'not JSON at column 19'],
    ['{"a":"\t"}', 'json_syntax', 'not JSON at column 7'],
    ['\ufeff{}', 'json_syntax', 'not JSON at column 1'],
    ['garbage', 'json_syntax', 'not JSON at column 1'],
    ['{"a":"<ff>', 'json_syntax', 'not JSON at column 6'],
    ['[1]', 'json_syntax', 'the line is not a JSON object'],
    ['null', 'json_syntax', 'the line is not a JSON object'],
    ['"x"', 'json_syntax', 'the line is not a JSON object'],
    [`{"a":${'['.repeat(32)}${']'.repeat(32)}}`, 'too_deep', 'nested deeper than 32 levels'],
    [`{"a":${'['.repeat(1_000_000)}`, 'too_deep', 'nested deeper than 32 levels'],
    ['{"a":"\\ud83d<80>"}', 'unpaired_surrogate', 'the line escapes an unpaired surrogate'],
    ['{"a":"\\udc80<80>"}', 'unpaired_surrogate', 'the line escapes an unpaired surrogate'],
  ])('%.40s', (line, reason, detail) => {
    expect(readRecord(bytesOf(line))).toEqual({ reject: { reason, detail } });
  });

  it.each([
    ['31 levels in the object', `{"a":${'['.repeat(31)}${']'.repeat(31)}}`],
    ['brackets in strings', `{"a":"${'['.repeat(100)}\\"${'{'.repeat(100)}\\\\"}`],
    ['brackets one after the other', `{"a":[${'[],'.repeat(100)}[]]}`],
    ['a part of a larger buffer', bytesOf('xx{"a":1}yy').subarray(2, 9)],
    ['an escaped pair beside raw bytes', '{"a":"\\ud83d\\ude00<ff>"}'],
    ['an escaped backslash before a u', '{"a":"\\\\ud83d<ff>"}'],
    ['a carriage return between tokens', '{"a":\r1}'],
  ])('takes %s', (_, line) => {
    expect(record(line).fields).toHaveProperty('a');
  });

  it('keeps members that every object has its own, and changes no prototype', () => {
    const { fields: members } = record('{"__proto__":{"x":1},"constructor":2,"hasOwnProperty":3}');
    expect(Object.keys(members)).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it('takes the last of two equal members', () => {
    expect(record('{"a":1,"a":2}').fields).toEqual({ a: 2 });
  });

  it('keeps line separators, byte-order marks and controls inside of strings', () => {
    expect(record('{"a":"\u2028\u2029\u0085\ufeff\\u0000\\u001b"}').fields).toEqual({ a: '\u2028\u2029\u0085\ufeff\0\x1b' });
  });

  it('reads the exact bytes of any payload that a recorder wrote raw', () => {
    const raw = fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) => Buffer.from(bytes.map((byte) => (byte < 0x20 || byte === 0x22 || byte === 0x5c ? 0x41 : byte))));
    fc.assert(
      fc.property(raw, (payload) => {
        const line = Buffer.concat([Buffer.from('{"payload":"'), payload, Buffer.from('"}')]);
        const read = new FieldReader(record(line)).payload('payload');
        expect(Buffer.from(read)).toEqual(payload);
      }),
    );
  });
});

describe('FieldReader', () => {
  it.each<[string, string, unknown, (read: FieldReader) => unknown]>([
    ['{"a":"x"}', 'text', 'x', (read) => read.text('a')],
    ['{"a":""}', 'text', '', (read) => read.text('a')],
    ['{}', 'optional text', undefined, (read) => read.optionalText('a')],
    ['{"a":null}', 'optional text', undefined, (read) => read.optionalText('a')],
    ['{"a":7}', 'integer', 7, (read) => read.integer('a')],
    ['{"a":1.0}', 'integer', 1, (read) => read.integer('a')],
    ['{"a":9007199254740991}', 'integer', 9007199254740991, (read) => read.integer('a')],
    ['{"a":"7"}', 'integer', 7, (read) => read.integer('a')],
    ['{"a":-0}', 'integer', 0, (read) => read.integer('a')],
    ['{"b":1714727730250}', 'millis of the first that is there', 1714727730250, (read) => read.millis('a', 'b')],
    ['{"a":null,"b":1714727730250}', 'millis beside null', 1714727730250, (read) => read.millis('a', 'b')],
    ['{"a":2}', 'qos', 2, (read) => read.qos('a')],
    ['{"a":"x"}', 'payload', 'x', (read) => read.payload('a')],
    ['{}', 'payload', '', (read) => read.payload('a')],
    ['{"a":null}', 'payload', '', (read) => read.payload('a')],
    ['{"a":{"t":[21.5,true,null]}}', 'payload', '{"t":[21.5,true,null]}', (read) => read.payload('a')],
    ['{"a":{"p":"C:\\\\ud83d"}}', 'payload', '{"p":"C:\\\\ud83d"}', (read) => read.payload('a')],
    ['{"a":0}', 'payload', '0', (read) => read.payload('a')],
    ['{"a":false}', 'payload', 'false', (read) => read.payload('a')],
    ['{"a":"S<80><ff>S"}', 'payload', Buffer.from([0x53, 0x80, 0xff, 0x53]), (read) => read.payload('a')],
    ['{"a":"ä","b":"<ff>"}', 'payload beside bytes', 'ä', (read) => read.payload('a')],
    ['{"a":"x","b":"<ff>"}', 'text beside bytes', 'x', (read) => read.text('a')],
  ])('%s has %s', (line, _, value, get) => {
    const read = fields(line);
    expect(Object.is(get(read), -0)).toBe(false);
    expect(get(read)).toEqual(value);
    expect(read.fault).toBeUndefined();
  });

  it.each<[string, (read: FieldReader) => unknown, string, string]>([
    ['{}', (read) => read.text('a'), 'field_missing', 'a'],
    ['{"a":null}', (read) => read.text('a'), 'field_missing', 'a'],
    ['{"a":1}', (read) => read.text('a'), 'field_type', 'a must be a string'],
    ['{"a":"\\ud800"}', (read) => read.text('a'), 'unpaired_surrogate', 'a contains an unpaired surrogate'],
    ['{"a":"x<ff>"}', (read) => read.text('a'), 'utf8', 'a is not UTF-8'],
    ['{"a":"\\ud800"}', (read) => read.payload('a'), 'unpaired_surrogate', 'a contains an unpaired surrogate'],
    ['{}', (read) => read.integer('a'), 'field_missing', 'a'],
    ['{"a":"x"}', (read) => read.integer('a'), 'field_type', 'a must be a number'],
    ['{"a":1.5}', (read) => read.integer('a'), 'field_type', 'a must be a whole number'],
    ['{"a":1e400}', (read) => read.integer('a'), 'number_range', 'a is out of range'],
    ['{"a":9007199254740993}', (read) => read.integer('a'), 'unsafe_number', 'a is larger than 2^53 - 1'],
    ['{"a":3}', (read) => read.qos('a'), 'field_value', 'a must be 0, 1 or 2'],
    ['{"a":-1}', (read) => read.qos('a'), 'field_value', 'a must be 0, 1 or 2'],
    ['{"a":-1}', (read) => read.millis('a'), 'number_range', 'a is negative'],
    ['{}', (read) => read.millis('a', 'b'), 'field_missing', 'a'],
    ['{"a":{"id":9007199254740993}}', (read) => read.payload('a'), 'unsafe_number', 'a number in a is larger than 2^53 - 1'],
    ['{"a":[1e400]}', (read) => read.payload('a'), 'number_range', 'a number in a is out of range'],
    ['{"a":["\\udc00"]}', (read) => read.payload('a'), 'unpaired_surrogate', 'a contains an unpaired surrogate'],
    ['{"a":["<ff>"]}', (read) => read.payload('a'), 'utf8', 'a is not UTF-8'],
  ])('%s: %s', (line, get, reason, detail) => {
    const read = fields(line);
    get(read);
    expect(read.fault).toEqual({ reason, detail });
  });

  it('remembers the first fault', () => {
    const read = fields('{"a":1}');
    read.text('a');
    read.text('b');
    expect(read.fault).toEqual({ reason: 'field_type', detail: 'a must be a string' });
  });
});

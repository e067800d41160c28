import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../../src/domain/json/syntax.ts';
import { anyText } from '../../../harness/texts.ts';

const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/schemas/${name}`, import.meta.url), 'utf8');

function faultOf(text: string): string | undefined {
  const read = readDocument(text);
  return 'fault' in read ? `${read.fault.line}:${read.fault.column}: ${read.fault.message}` : undefined;
}

const scalar = fc.oneof(
  anyText(5),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const jsonValue = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 4 }),
  fc.dictionary(anyText(5), fc.array(scalar, { maxLength: 3 }), { maxKeys: 3 }),
);

describe('readDocument', () => {
  it.each([
    [
      'missing-bracket/mqtt_sub.json',
      `10:3: expected ',' or ']' inside AttributeDefinitions (opened at line 7), found '"ProvisionedThroughput"'`,
    ],
    ['missing-brace/mqtt_msg.json', `1:1: expected '{', found '"TableName"'`],
  ])('says where %s is broken', (name, message) => {
    expect(faultOf(fixture(name))).toBe(message);
  });

  it.each([
    ['', `1:1: expected '{', found the end of the file`],
    [' \n ', `2:2: expected '{', found the end of the file`],
    ['[]', `1:1: expected '{', found '['`],
    ['\u00a0{}', `1:1: expected '{', found '\u00a0'`],
    ['<html>', `1:1: expected '{', found '<'`],
    ['{', `1:2: expected a member name or '}' inside the document (opened at line 1), found the end of the file`],
    ['{\n"a": 1\n', `3:1: expected ',' or '}' inside the document (opened at line 1), found the end of the file`],
    ['{"a": [1', `1:9: expected ',' or ']' inside a (opened at line 1), found the end of the file`],
    ['{"a":', `1:6: expected a value inside the document (opened at line 1), found the end of the file`],
    ['{"a"', `1:5: expected ':' inside the document (opened at line 1), found the end of the file`],
    ['{"a" 1}', `1:6: expected ':' inside the document (opened at line 1), found '1'`],
    ['{"a": 1,}', `1:9: expected a member name inside the document (opened at line 1), found '}'`],
    ['{"a": [1,]}', `1:10: expected a value inside a (opened at line 1), found ']'`],
    ['{"a": [,1]}', `1:8: expected a value or ']' inside a (opened at line 1), found ','`],
    ['{"a": [1 2]}', `1:10: expected ',' or ']' inside a (opened at line 1), found '2'`],
    ['{"a": [1}', `1:9: expected ',' or ']' inside a (opened at line 1), found '}'`],
    ['{"a": [{} {}]}', `1:11: expected ',' or ']' inside a (opened at line 1), found '{'`],
    ['{"a": 1} x', `1:10: expected the end of the file, found 'x'`],
    ['{}}', `1:3: expected the end of the file, found '}'`],
    ['{a: 1}', `1:2: expected a member name or '}' inside the document (opened at line 1), found 'a'`],
    ['{"a": tru}', `1:7: expected a value inside the document (opened at line 1), found 'tru'`],
    ['{"a": 01}', `1:7: expected a value inside the document (opened at line 1), found '01'`],
    ['{"a": // x\n1}', `1:7: expected a value inside the document (opened at line 1), found '/'`],
    ['{"a": "x', `1:7: the string "x is never closed`],
    ['{"a": "x\n}', `1:7: the string "x is never closed`],
    ['{"a": "x\\q"}', `1:9: \\q is not allowed inside a string`],
    ['{"a": "\\u12"}', `1:8: \\u is not allowed inside a string`],
    ['{"a": "\t"}', `1:8: a control character is not allowed inside a string`],
    [
      `{"a": 1 "${'x'.repeat(60)}": 2}`,
      `1:9: expected ',' or '}' inside the document (opened at line 1), found '"${'x'.repeat(39)}…'`,
    ],
  ])('%j', (text, message) => {
    expect(faultOf(text)).toBe(message);
  });

  it('is as strict as JSON.parse, and reads the same', () => {
    const nearlyJson = fc
      .string({ unit: fc.constantFrom(...'{}[]:,"a\\n 1.0e-tru\t'.split('')), maxLength: 12 })
      .map((text) => `{${text}}`);
    const json = fc.dictionary(anyText(5), jsonValue, { maxKeys: 4 }).map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(fc.oneof(nearlyJson, json), (text) => {
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {
          expect(faultOf(text)).toBeDefined();
          return;
        }
        const read = readDocument(text);
        expect('document' in read && JSON.stringify(read.document.value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it('knows the place of every value, and skips a byte-order mark', () => {
    const read = readDocument('\ufeff{\n  "a": [\n    {"b": 1}\n  ]\n}');
    if ('fault' in read) throw new Error(read.fault.message);
    const places = [[], ['a'], ['a', 0, 'b'], ['a', 7], ['x', 'y']].map((path) => read.document.locationOf(path));
    expect(places).toEqual([
      { line: 1, column: 1 },
      { line: 2, column: 8 },
      { line: 3, column: 11 },
      { line: 2, column: 8 },
      { line: 1, column: 1 },
    ]);
  });

  it('reads what is long without trouble', () => {
    expect(faultOf(`{"a":"${'\\n'.repeat(1 << 18)}"`)).toMatch(/^1:524296: expected ',' or '}'/);
  });
});

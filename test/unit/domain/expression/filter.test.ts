import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MqdynError } from '../../../../src/domain/errors.ts';
import { parseFilter } from '../../../../src/domain/expression/filter.ts';
import { Placeholders } from '../../../../src/domain/expression/placeholders.ts';
import { tokenize } from '../../../../src/domain/expression/tokens.ts';
import { TIME_ATTRIBUTES } from '../../../../src/domain/records/tables.ts';
import { anyText } from '../../../harness/texts.ts';

const DATES = "'2026-10-25', '2026-10-25 08:30:00Z' or now - 30d";
const NOW = Date.UTC(2026, 9, 25);
const OPTIONS = { now: NOW, times: TIME_ATTRIBUTES, flag: '--filter' } as const;

/** A filter with its names and values put back, values as wire JSON: what DynamoDB is asked. */
function meaning(text: string): string {
  const placeholders = new Placeholders();
  const { expression } = parseFilter(text, placeholders, OPTIONS);
  const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = placeholders.members();
  return expression.replace(/#n\d+/g, (name) => names[name]!).replace(/:v\d+/g, (value) => JSON.stringify(values[value]));
}

/** The complaint about a filter, and the column (from 0) that its caret stands under. */
function faultOf(text: string): [message: string, column: number] {
  try {
    parseFilter(text, new Placeholders(), OPTIONS);
  } catch (error) {
    if (!(error instanceof MqdynError)) throw error;
    expect(error).toMatchObject({ code: 'E_USAGE', exit: 2 });
    return [error.message.replace('--filter: ', ''), error.detail[1]!.length - '  ^'.length];
  }
  throw new Error('no fault');
}

describe('parseFilter', () => {
  it.each([
    [`qos > 0 and begins_with(topic, 'plant/')`, `qos > {"N":"0"} AND begins_with(topic, {"S":"plant/"})`],
    ['a = 1 or b = 2 and c = 3', 'a = {"N":"1"} OR b = {"N":"2"} AND c = {"N":"3"}'],
    ['(a = 1 or b = 2) and c = 3', '(a = {"N":"1"} OR b = {"N":"2"}) AND c = {"N":"3"}'],
    ['not a = 1 and b = 2', 'NOT a = {"N":"1"} AND b = {"N":"2"}'],
    ['NOT NOT a = 1', 'NOT NOT a = {"N":"1"}'],
    ['not (a = 1 or b = 2)', 'NOT (a = {"N":"1"} OR b = {"N":"2"})'],
    ['a between 1 and 2 and b = 3', 'a BETWEEN {"N":"1"} AND {"N":"2"} AND b = {"N":"3"}'],
    [`a in (1, 'x', b)`, 'a IN ({"N":"1"}, {"S":"x"}, b)'],
    ['a == 1', 'a = {"N":"1"}'],
    ['a != 1 and b <> 2', 'a <> {"N":"1"} AND b <> {"N":"2"}'],
    ['a<=-1.5e3', 'a <= {"N":"-1.5e3"}'],
    ['a >= .5 and b < 38', 'a >= {"N":".5"} AND b < {"N":"38"}'],
    ['a = 12345678901234567890123456789012345678', 'a = {"N":"12345678901234567890123456789012345678"}'],
    ['1 < a', '{"N":"1"} < a'],
    ['a = b', 'a = b'],
    ['a = TRUE or a = false or a = Null', 'a = {"BOOL":true} OR a = {"BOOL":false} OR a = {"NULL":true}'],
    ['size(payload) > 100', 'size(payload) > {"N":"100"}'],
    ['10 = SIZE(a.b[0])', '{"N":"10"} = size(a.b[0])'],
    ['size = 1', 'size = {"N":"1"}'],
    ['attribute_exists(node)', 'attribute_exists(node)'],
    ['Attribute_Not_Exists(a.b)', 'attribute_not_exists(a.b)'],
    [`attribute_type(payload, 'B')`, 'attribute_type(payload, {"S":"B"})'],
    [`contains(MsgId, 'Mjg')`, 'contains(MsgId, {"S":"Mjg"})'],
    ['a.b[0][1].c = 1', 'a.b[0][1].c = {"N":"1"}'],
    [`a = 'it''s' and b = "say ""hi"""`, 'a = {"S":"it\'s"} AND b = {"S":"say \\"hi\\""}'],
    [`a = 'it\\'s' and b = '\\\\'`, 'a = {"S":"it\'s"} AND b = {"S":"\\\\"}'],
    [`a = ''`, 'a = {"S":""}'],
    ['a-b = 1', 'a-b = {"N":"1"}'],
    ['`a b.c` = 1', 'a b.c = {"N":"1"}'],
    // a name in backquotes is a name, whatever it says
    ['`not` = 1 and `and` = 2', 'not = {"N":"1"} AND and = {"N":"2"}'],
    ['`true` = true', 'true = {"BOOL":true}'],
    ['attribute_exists(`size`)', 'attribute_exists(size)'],
    // names that every JavaScript object has
    ["constructor = 'x'", 'constructor = {"S":"x"}'],
    ['__proto__ = 1 or toString = 2', '__proto__ = {"N":"1"} OR toString = {"N":"2"}'],
    ['\n a\t=\n1 ', 'a = {"N":"1"}'],
  ])('%s', (text, expected) => {
    expect(meaning(text)).toBe(expected);
  });

  it('uses one placeholder for a name, and one for each value', () => {
    const placeholders = new Placeholders();
    expect(parseFilter('a = 1 or a = 1', placeholders, OPTIONS).expression).toBe('#n0 = :v0 OR #n0 = :v1');
    expect(placeholders.members()).toEqual({
      ExpressionAttributeNames: { '#n0': 'a' },
      ExpressionAttributeValues: { ':v0': { N: '1' }, ':v1': { N: '1' } },
    });
  });

  const value = 'expected an attribute or a value';
  const comparison = 'expected a comparison such as =, <, between or in';
  const functions = 'expected one of attribute_exists, attribute_not_exists, attribute_type, begins_with, contains, size';
  it.each<[string, string, number]>([
    ['', `${value}, found the end`, 0],
    ['qos >', `${value}, found the end`, 5],
    ['qos > > 1', `${value}, found >`, 6],
    ['qos', `${comparison}, found the end`, 3],
    ['qos 1', `${comparison}, found 1`, 4],
    [`qos 'x'`, `${comparison}, found 'x'`, 4],
    [`qos ''`, `${comparison}, found ''`, 4],
    ['a = 1 b = 2', 'expected and, or or the end, found b', 6],
    ['(a = 1', 'expected ), found the end', 6],
    ['a = 1)', 'expected and, or or the end, found )', 5],
    ['a between 1 or 2', 'expected and, found or', 12],
    ['a in 1', 'expected (, found 1', 5],
    ['a in ()', `${value}, found )`, 6],
    ['a in (1', 'expected ), found the end', 7],
    ['startswith(a, 1)', `${functions}, found startswith`, 0],
    ['constructor(a)', `${functions}, found constructor`, 0],
    ['begins_with(a)', 'expected ,, found )', 13],
    ["begins_with('x', a)", `${value}, found 'x'`, 12],
    ['size(a', 'expected ), found the end', 6],
    ['a[x] = 1', 'expected the number of a list element, found x', 2],
    ['a[1.5] = 1', 'expected the number of a list element, found 1.5', 2],
    ['a. = 1', `${value}, found =`, 3],
    [`a = 'x`, 'this quote is never closed', 4],
    ['`a = 1', 'this quote is never closed', 0],
    ['topic = plant/a/temp', "put text in quotes: 'plant/a/temp'", 8],
    ['topic = plant/#', "put text in quotes: 'plant/#'", 8],
    ['begins_with(topic, plant/a)', "put text in quotes: 'plant/a'", 19],
    ['node = emqx@10.0.0.5', "put text in quotes: 'emqx@10.0.0.5'", 7],
    ['arrived < 2026-10-25', "put dates in quotes: '2026-10-25'", 10],
    ['arrived < 2026-10-25 08:30 and qos = 1', "put dates in quotes: '2026-10-25 08:30'", 10],
    ["arrived < 'yesterday'", `not a date; write ${DATES}`, 10],
    ["arrived < '2026-02-31'", `not a date; write ${DATES}`, 10],
    ["arrived between '2026-02-01' and 'x'", `not a date; write ${DATES}`, 33],
    ['now < now', 'a time is compared with an attribute', 0],
    ['size(a) < now', 'a time is compared with an attribute', 0],
    ['begins_with(topic, now)', 'a time is compared with an attribute', 19],
    ['a = 1;', 'unexpected ;', 5],
    ['a = 5x', 'unexpected 5', 4],
    ['a && b', 'unexpected &', 2],
    [`${'('.repeat(1_000)}a`, 'nested deeper than 300 levels', 70],
    [`${'not '.repeat(1_000)}a`, 'nested deeper than 300 levels', 70],
  ])('%.30s', (text, message, column) => {
    expect(faultOf(text)).toEqual([message, column]);
  });

  it('never fails with anything but a usage error whose caret is in the text', () => {
    const words = fc.constantFrom(
      'a',
      'and',
      'or',
      'not',
      '(',
      ')',
      '=',
      '<',
      'between',
      'in',
      ',',
      '1',
      "'x'",
      'size',
      'contains',
      '.',
      '[',
      ']',
      '`',
      '"',
      ' ',
      '\\',
      '\n',
      'é',
      '\ud800',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(words).map((parts) => parts.join(' ')),
          anyText(),
        ),
        (text) => {
          try {
            parseFilter(text, new Placeholders(), OPTIONS);
          } catch (error) {
            expect(error).toBeInstanceOf(MqdynError);
            const [shown, caret] = (error as MqdynError).detail;
            expect(caret!.length).toBeLessThanOrEqual(shown!.length + 1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('tokenize', () => {
  it('gives every quoted text back', () => {
    fc.assert(
      fc.property(anyText(), fc.constantFrom("'", '"'), (text, quote) => {
        const quoted = quote + text.replaceAll('\\', '\\\\').replaceAll(quote, quote + quote) + quote;
        expect(tokenize('--filter', quoted)).toEqual([
          { kind: 'string', text, at: 0 },
          { kind: 'end', text: 'the end', at: quoted.length },
        ]);
      }),
    );
  });

  it('ends with the end', () => {
    expect(tokenize('--filter', ' ')).toEqual([{ kind: 'end', text: 'the end', at: 1 }]);
  });
});

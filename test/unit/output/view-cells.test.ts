import { describe, expect, it } from 'vitest';
import { n, s } from '../../../src/domain/item.ts';
import { requireMsgid } from '../../../src/domain/mqtt/msgid-fault.ts';
import { holdsReplacements, payloadPreview, shownPayload } from '../../../src/domain/mqtt/payload-form.ts';
import { commandLine } from '../../../src/cli/shell-words.ts';
import { cellText } from '../../../src/output/cell.ts';
import { bar, sparkline } from '../../../src/output/charts.ts';
import { frame } from '../../../src/output/redraw.ts';
import { wrapped } from '../../../src/output/report.ts';

const place = (text: string) => {
  try {
    requireMsgid(text);
  } catch (error) {
    return (error as { detail: string[] }).detail[1]?.indexOf('^');
  }
};

describe('cells', () => {
  it.each([
    ['age', n(0), '0s'],
    ['age', n(59), '59s'],
    ['age', n(3_600), '1h'],
    ['age', n(90_061), '1d 1h'],
    ['share', n('0.0001'), '<0.1 %'],
    ['share', n('0.115'), '11.5 %'],
    ['time', s('2024-05-03T09:15:30.250123Z'), '2024-05-03 09:15:30Z'],
    ['tree', s('plant/a/#'), '  a/'],
    ['tree', s('plant/a'), '  a'],
    ['payload', { B: 'AP8=' }, '<2 bytes, hex> 00ff'],
    ['payload', { SS: ['x'] }, '["x"]'],
    ['payload', s('a\u001b[2Jb'), '<6 bytes, hex> 611b5b324a62'],
    ['names', { L: [] }, '-'],
    ['names', { L: [s('a\u0007'), s('b')] }, 'a\\x07, b'],
  ] as const)('%s of %j is %s', (kind, value, text) => {
    expect(cellText(value as never, { name: 'x', kind })).toBe(text);
  });

  it('tell how long ago an ISO time was', () => {
    expect(cellText(s('1970-01-01T00:00:00.000Z'), { name: 'x', kind: 'ago', now: 65_000 })).toBe('1m 5s');
    expect(cellText(s('never'), { name: 'x', kind: 'ago', now: 1 })).toBe('never');
  });
});

describe('payloads', () => {
  it.each([
    [s(''), 'empty', ''],
    [s('{"a":1}'), 'json', '{"a":1}'],
    [s('{a}'), 'text', '{a}'],
    [s('17'), 'text', '17'],
    [s('zwölf\n'), 'text', 'zwölf\n'],
    [s('\u0000'), 'hex', '00'],
    [{ B: Buffer.alloc(65, 255).toString('base64') }, 'base64', Buffer.alloc(65, 255).toString('base64')],
    [{ B: Buffer.from('plain').toString('base64') }, 'text', 'plain'],
    [n(5), 'unreadable', ''],
    [undefined, 'unreadable', ''],
  ] as const)('%j is %s', (value, form, text) => {
    expect(shownPayload(value as never)).toMatchObject({ form, text });
  });

  it.each([
    [s('up'), 'up'],
    [s('😀'.repeat(81)), `${'😀'.repeat(80)}…`],
    [s('a\n'.repeat(50)), `${'a\n'.repeat(40)}…`],
    [{ B: 'AP8=' }, '<2 bytes, hex> 00ff'],
    [n(5), undefined],
  ] as const)('%j has the preview %j', (value, text) => {
    expect(payloadPreview(value as never)).toBe(text);
  });

  it('show that bytes were lost', () => {
    expect(holdsReplacements(s('a\ufffd'))).toBe(true);
    expect(holdsReplacements({ B: 'AP8=' })).toBe(false);
  });
});

describe('charts', () => {
  it('have a plain form', () => {
    expect(bar(1, 2, false)).toBe('##########');
    expect(bar(1, 1_000_000, false)).toBe('#');
    expect(bar(0, 5, true)).toBe('');
    expect(bar(5, 5, true)).toBe('█'.repeat(20));
    expect(bar(1, 160, true)).toBe('▏');
    expect(sparkline([0, 1, 4, 8], false)).toBe('_.=#');
    expect(sparkline([0, 1, 4, 8], true)).toBe(' ▁▄█');
    expect(sparkline([0, 0], false)).toBe('__');
  });

  it('cut a frame to the height of the terminal', () => {
    const drawn = frame('1\n2\n3\n4\n', 4);
    expect(drawn.split('\n').map((line) => line.replace(/\u001b\[[A-Z]/g, ''))).toEqual(['1', '2', '…', '']);
    expect(drawn.startsWith('\u001b[H')).toBe(true);
  });
});

describe('texts', () => {
  it('wrap at words and escape controls', () => {
    expect(wrapped('one two three four five', 20, 4)).toEqual(['one two three four', '    five']);
    expect(wrapped('a\u001b b', undefined, 4)).toEqual(['a\\x1b b']);
  });

  it('quote what a shell would read', () => {
    expect(commandLine('mqdyn', 'topics', 'plant/#')).toBe("mqdyn topics 'plant/#'");
    expect(commandLine('mqdyn', 'explain', "it's", '$SYS/a')).toBe(String.raw`mqdyn explain 'it'\''s' '$SYS/a'`);
  });

  it('name the place where a message id goes wrong', () => {
    expect(place('Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD')).toBeUndefined();
    expect(place('Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTZ')).toBe(2 + 46);
    expect(place('mjg4')).toBe(2);
    expect(place('00058CE94E63BEADF44300000A530001FF')).toBe(2 + 32);
  });
});

import { Errors } from '@oclif/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asMqdynError, errorJson, errorText, wantsJson } from '../../../src/cli/report.ts';
import { caretUnder, MqdynError, usageAt } from '../../../src/domain/errors.ts';

describe('errors', () => {
  it('are one line for people', () => {
    expect(errorText(new MqdynError('E_NO_TABLE', 'mqtt_msg not found'), false)).toBe(
      'mqdyn: E_NO_TABLE: mqtt_msg not found. Run: mqdyn tables create\n',
    );
    expect(errorText(new MqdynError('E_USAGE', 'Really?', { hint: '' }), false)).toBe('mqdyn: E_USAGE: Really?\n');
  });

  it('put a caret under a place', () => {
    expect(errorText(usageAt('--filter: expected x', 'qos >', 5), false)).toBe(
      'mqdyn: E_USAGE: --filter: expected x. See --help.\n  qos >\n       ^\n',
    );
  });

  it('are one object for scripts', () => {
    expect(JSON.parse(errorJson(new MqdynError('E_LOCKED', 'x', { hint: 'wait' })))).toEqual({
      error: { code: 'E_LOCKED', message: 'x', hint: 'wait' },
    });
    expect(JSON.parse(errorJson(usageAt('x', 'ab', 1)))).toEqual({
      error: { code: 'E_USAGE', message: 'x', hint: 'See --help.', detail: ['  ab', '   ^'] },
    });
  });

  const nasty = new MqdynError('E_SERVICE', `\x1b[2J\u202e\n${'x'.repeat(600)}`, { detail: ['\x9b\u200b'] });

  it('are short and safe on a terminal', () => {
    const [first, second] = errorText(nasty, false).split('\n');
    expect(first!.length).toBe(500);
    expect(first).toMatch(/^mqdyn: E_SERVICE: \\x1b\[2J\\u202e\\nx+…$/);
    expect(second).toBe('\\x9b\\u200b');
    const json = errorJson(nasty);
    expect(json).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]/);
    const { error } = JSON.parse(json) as { error: { message: string; detail: string[] } };
    expect(error.message).toMatch(/^\x1b\[2J\u202e\nx+…$/);
    expect(error.message.length).toBe(500);
    expect(error.detail).toEqual(['\x9b\u200b']);
  });

  it('show their stack only where asked', async () => {
    const bug = await asMqdynError(new TypeError('x is no function'));
    expect(errorText(bug, false)).toBe('mqdyn: E_BUG: TypeError: x is no function. Please report it.\n');
    expect(errorText(bug, true)).toMatch(/TypeError: x is no function\n {4}at /);
  });
});

describe('a list of faults', () => {
  it.each([
    [20, 'fault 20'],
    [21, 'and 1 more'],
    [75, 'and 55 more'],
  ])('of %i ends with %s', (count, last) => {
    const detail = Array.from({ length: count }, (_, index) => `fault ${index + 1}`);
    const error = new MqdynError('E_SCHEMA', 'x', { detail });
    const lines = errorText(error, false).trimEnd().split('\n');
    expect([lines[20], lines.at(-1)]).toEqual(['fault 20', last]);
    expect((JSON.parse(errorJson(error)) as { error: { detail: string[] } }).error.detail).toEqual(detail);
  });
});

describe('wantsJson', () => {
  it.each([['--json'], ['--format=json'], ['--format', 'json'], ['-o', 'json'], ['-ojson'], ['-o=json']])('%s %s', (...argv) => {
    expect(wantsJson(['scan', ...argv, 'x'])).toBe(true);
  });

  it.each([['--format', 'jsonl'], ['-o', 'jsonl'], ['json'], ['--no-json']])('not %s %s', (...argv) => {
    expect(wantsJson(['scan', ...argv, 'x'])).toBe(false);
  });
});

describe('asMqdynError', () => {
  it('returns our own errors unchanged', async () => {
    const error = new MqdynError('E_INPUT', 'x');
    expect(await asMqdynError(error)).toBe(error);
  });

  it.each([
    [new Error('boom'), 'E_BUG', 70, 'Error: boom'],
    ['thrown text', 'E_BUG', 70, 'thrown text'],
    [Object.assign(new Errors.CLIError('x is gone'), { code: 'MODULE_NOT_FOUND' }), 'E_BUG', 70, 'Error: x is gone'],
    [undefined, 'E_BUG', 70, 'undefined'],
    [new Errors.CLIError('\u001b[2mOdd\u001b[22m\n  thing\nSee more help with --help'), 'E_USAGE', 2, 'Odd thing'],
  ])('%j', async (thrown, code, exit, message) => {
    expect(await asMqdynError(thrown)).toMatchObject({ code, exit, message });
  });
});

describe('whatever the parser says', () => {
  it('is one line without escape sequences, and one JSON object', async () => {
    const beginnings = fc.constantFrom(
      '',
      'Nonexistent flag: ',
      'Missing 1 required arg:\n',
      'The following error occurred:\n  ',
      'Flag --x ',
    );
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '\n', '\t', '\u001b[2m', '\u001b[22m', '\u009b', '-', '=', '\u202e'),
    });
    await fc.assert(
      fc.asyncProperty(beginnings, text, async (beginning, rest) => {
        const error = await asMqdynError(new Errors.CLIError(`${beginning}${rest}\nSee more help with --help`), { id: 'scan' });
        expect(error).toMatchObject({ code: 'E_USAGE', exit: 2 });
        expect(errorText(error, false)).toMatch(/^mqdyn: E_USAGE: [^\u0000-\u001f\u007f-\u009f\u202e]*\n$/);
        expect(JSON.parse(errorJson(error))).toHaveProperty('error.code', 'E_USAGE');
      }),
    );
  });
});

describe('caretUnder', () => {
  it('shows a long line around the place, and white space as blanks', () => {
    expect(caretUnder('a\tb\nc', 4)).toEqual(['  a b c', '      ^']);
    const [shown, caret] = caretUnder(`${'x'.repeat(500)}!${'y'.repeat(500)}`, 500);
    expect(shown!.length).toBeLessThanOrEqual(160);
    expect(shown![caret!.length - 1]).toBe('!');
  });
});

describe('the catalogue', () => {
  it.each([
    ['E_USAGE', 2],
    ['E_SCHEMA', 4],
    ['E_CONFIG', 4],
    ['E_INPUT', 4],
    ['E_NOT_A_LOG', 4],
    ['E_NO_TABLE', 4],
    ['E_TOO_MANY_REJECTS', 3],
    ['E_PROTOCOL', 4],
    ['E_TLS', 4],
    ['E_ENDPOINT', 5],
    ['E_TIMEOUT', 5],
    ['E_THROTTLED', 5],
    ['E_CREDENTIALS', 6],
    ['E_DENIED', 6],
    ['E_CLOCK', 6],
    ['E_OUTPUT', 8],
    ['E_ENDPOINT_UNSAFE', 11],
    ['E_DATA', 4],
    ['E_LOCKED', 11],
    ['E_SCHEMA_CONFLICT', 11],
    ['E_TABLE_STATE', 11],
    ['E_PROTECTED', 11],
    ['E_CONFIRM', 11],
    ['E_BUG', 70],
  ] as const)('%s ends with %i and says what to do', (code, exit) => {
    const error = new MqdynError(code, 'x');
    expect(error.exit).toBe(exit);
    expect(error.hint).toMatch(/\w/);
  });
});

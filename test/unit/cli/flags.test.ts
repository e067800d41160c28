import { describe, expect, it } from 'vitest';
import { durationFlag, fieldsOf } from '../../../src/cli/flags.ts';
import { idleActions, onlyActions } from '../../../src/cli/replay-flags.ts';
import { DEFAULT_RULES } from '../../../src/domain/hooks/rules.ts';
import { suggest } from '../../../src/domain/suggest.ts';

const parse = (text: string) => durationFlag().parse(text, {} as never, {} as never);
const fields = (text?: string) => fieldsOf({ fields: text });

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['0s', 0],
    ['120s', 120_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
  ])('%s', async (text, millis) => {
    expect(await parse(text)).toBe(millis);
  });

  it.each(['', '5', 's', '5 s', '1.5h', '-1s', '5S', '5w', '1h30m'])('%j is none', async (text) => {
    await expect(parse(text)).rejects.toMatchObject({ code: 'E_USAGE', exit: 2 });
  });
});

describe('fields', () => {
  it.each([
    [undefined, undefined],
    ['a', ['a']],
    ['b, a', ['b', 'a']],
    ['a,b,a', ['a', 'b']],
  ])('%s', (text, names) => {
    expect(fields(text)).toEqual(names);
  });

  it.each(['', 'a,', ',a', 'a,,b'])('%j holds an empty name', (text) => {
    expect(() => fields(text)).toThrow('--fields contains an empty name');
  });
});

describe('--only', () => {
  it('leaves the rules of the named actions', () => {
    expect(onlyActions(DEFAULT_RULES, undefined)).toBe(DEFAULT_RULES);
    const some = onlyActions(DEFAULT_RULES, 'on_message_retain, on_retain_delete');
    expect(some.map(({ action }) => action)).toEqual(['on_message_retain', 'on_retain_delete']);
  });

  it('tells which of them no rule runs', () => {
    expect(idleActions(DEFAULT_RULES, undefined)).toEqual([]);
    expect(idleActions(DEFAULT_RULES, 'on_message_retain, on_message_store')).toEqual(['on_message_store']);
  });

  it('knows the actions', () => {
    expect(() => onlyActions(DEFAULT_RULES, 'on_mesage_publish')).toThrow(
      '--only: unknown action "on_mesage_publish". Did you mean on_message_publish?',
    );
  });
});

describe('suggest', () => {
  it.each([
    ['tabels', 'tables'],
    ['scn', 'scan'],
    ['xyzzy', undefined],
    ['', undefined],
  ])('%j: %s', (word, meant) => {
    expect(suggest(word, ['tables', 'scan'])).toBe(meant);
    expect(suggest(word, [])).toBeUndefined();
  });
});

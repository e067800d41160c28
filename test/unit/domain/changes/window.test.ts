import { describe, expect, it } from 'vitest';
import { dueIds, idsOfWindow, takeBackOf, windowChange } from '../../../../src/domain/changes/window.ts';
import { s, type Item } from '../../../../src/domain/item.ts';

const row = (...ids: string[]): Item => ({ topic: s('t'), ...(ids.length === 0 ? {} : { MsgId: { SS: ids } }) });
const change = (before: Item | undefined, after: Item | undefined) =>
  ({ kind: 'item', table: 'mqtt_topic_msg_map', before, after }) as const;

describe('a line of an incremental export', () => {
  const line = { micros: '1', key: { topic: s('t') }, before: undefined, after: undefined };

  it.each([
    [{ ...line, after: row('a') }, { change: change(undefined, row('a')) }],
    [line, undefined],
    [{ ...line, key: { id: s('t') }, after: row('a') }, { fault: 'has no topic, which is a part of the key' }],
    [{ ...line, before: { topic: s('u') } }, { fault: 'has the image of another item' }],
    [{ ...line, before: { MsgId: s('u') } }, { fault: 'has no topic, which is a part of the key' }],
  ])('%j', (read, is) => {
    expect(windowChange('mqtt_topic_msg_map', read)).toEqual(is);
  });
});

describe('what takes a change of an item back', () => {
  const [old, made, other] = [row('a'), row('b'), row('c')];

  it.each([
    ['as it was left', change(old, made), made, { is: 'due', change: change(made, old) }],
    ['made and still there', change(undefined, made), made, { is: 'due', change: change(made, undefined) }],
    ['deleted and not there', change(old, undefined), undefined, { is: 'due', change: change(undefined, old) }],
    ['as before', change(old, made), old, { is: 'before' }],
    ['made and gone', change(undefined, made), undefined, { is: 'before' }],
    ['the same before and after, whatever is there', change(old, row('a')), other, { is: 'before' }],
    ['another by now', change(old, made), other, { is: 'changed', why: 'the item has changed meanwhile' }],
    ['deleted and made anew', change(old, undefined), other, { is: 'changed', why: 'the item has changed meanwhile' }],
    ['replaced and gone', change(old, made), undefined, { is: 'changed', why: 'the item is gone' }],
  ] as const)('%s', (_, one, now, is) => {
    expect(takeBackOf(one, now)).toEqual(is);
  });
});

describe('a change of a topic as a change of its ids', () => {
  it.each<[Item | undefined, Item | undefined, ReturnType<typeof idsOfWindow>]>([
    [row('a', 'b'), row('c', 'b'), { topic: 't', taken: ['a'], added: ['c'], made: false }],
    [undefined, row('a'), { topic: 't', taken: [], added: ['a'], made: true }],
    [row('a'), undefined, { topic: 't', taken: ['a'], added: [], made: false }],
    [row('a'), row(), { topic: 't', taken: ['a'], added: [], made: false }],
    // an item more or less, but no id
    [row(), undefined, undefined],
    [undefined, row(), undefined],
    // more than a set of ids
    [row('a'), { topic: s('t'), MsgId: { L: [s('a')] } }, undefined],
    [row('a'), { ...row('b'), note: s('x') }, undefined],
    [{ ...row('a'), note: s('x') }, undefined, undefined],
    [
      { ...row('a'), note: s('x') },
      { ...row('b'), note: s('x') },
      { topic: 't', taken: ['a'], added: ['b'], made: false },
    ],
  ])('%j %j', (before, after, ids) => {
    expect(idsOfWindow(change(before, after))).toEqual(ids);
  });

  it('is due id by id', () => {
    const ids = { topic: 't', taken: ['a', 'b'], added: ['c', 'd'], made: false };
    expect(dueIds(ids, row('a', 'c', 'x'))).toEqual({ add: ['b'], take: ['c'] });
    expect(dueIds(ids, undefined)).toEqual({ add: ['a', 'b'], take: [] });
    expect(dueIds(ids, { topic: s('t'), MsgId: s('a') })).toBeUndefined();
  });
});

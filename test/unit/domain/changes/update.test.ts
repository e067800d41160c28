import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUpdate, touched, updated, type UpdateWords } from '../../../../src/domain/changes/update.ts';
import { n, s, type AttributeValue, type Item } from '../../../../src/domain/item.ts';
import { writtenType } from '../../../../src/domain/records/attribute-types.ts';
import { sameItem } from '../../../../src/domain/same-item.ts';

const KNOWN = (table: 'mqtt_msg' | 'mqtt_topic_msg_map') => ({
  known: (name: string) => writtenType(table, name),
  keys: table === 'mqtt_msg' ? ['msgid'] : ['topic'],
});
const words = (some: Partial<UpdateWords>): UpdateWords => ({ set: [], remove: [], add: [], take: [], ...some });
const parse = (some: Partial<UpdateWords>, table: Parameters<typeof KNOWN>[0] = 'mqtt_msg') =>
  parseUpdate(words(some), KNOWN(table));

describe('a value of --set', () => {
  it.each<[string, AttributeValue]>([
    ['qos=1', n(1)],
    ['payload=21.5', s('21.5')],
    ['payload={"t":21.5}', s('{"t":21.5}')],
    ['payload=', s('')],
    ['payload=a=b', s('a=b')],
    ['payload={"B":"AA=="}', { B: 'AA==' }],
    ['payload={"S":"{\\"S\\":\\"x\\"}"}', s('{"S":"x"}')],
    ['arrived=12345678901234567890123456789012345678', n('12345678901234567890123456789012345678')],
    ['extra=1.50', n('1.50')],
    ['extra="1"', s('1')],
    ['extra=true', { BOOL: true }],
    ['extra=null', { NULL: true }],
    ['extra=truly', s('truly')],
    ['extra=12 o’clock', s('12 o’clock')],
    ['extra=["a",1]', { L: [s('a'), n(1)] }],
    ['extra={"a":{"b":1}}', { M: { a: { M: { b: n(1) } } } }],
    ['extra={"NS":["1","2"]}', { NS: ['1', '2'] }],
  ])('%s', (word, value) => {
    expect([...parse({ set: [word] }).set.values()]).toEqual([value]);
  });

  it('is a list for a set that the table is known to have', () => {
    expect(parse({ set: ['MsgId=["a","b"]'] }, 'mqtt_topic_msg_map').set.get('MsgId')).toEqual({ SS: ['a', 'b'] });
  });
});

describe('what cannot be meant', () => {
  it.each<[Partial<UpdateWords>, string]>([
    [{}, 'name what to change by --set, --remove, --add or --take'],
    [{ set: ['qos'] }, '--set qos: write NAME=VALUE'],
    [{ set: ['=1'] }, '--set =1: write NAME=VALUE'],
    [{ set: ['qos=high'] }, 'qos: "high" is no number'],
    [{ set: ['qos=1', 'qos=2'] }, 'qos is changed twice; name it once'],
    [{ set: ['qos=1'], remove: ['qos'] }, 'qos is changed twice; name it once'],
    [{ remove: ['msgid'] }, 'msgid is the key of the item and cannot be changed'],
    [
      { set: ['extra=1234567890123456789012345678901234567890'] },
      'extra: 1234567890123456789012345678901234567890 has 39 digits',
    ],
    [{ set: ['extra=1e126'] }, 'extra: 1e126 is beyond what DynamoDB holds'],
    [{ add: ['qos=1'] }, '--add qos: a number cannot be added to, because that cannot be repeated safely'],
    [{ add: ['extra=5'] }, '--add extra: a number cannot be added to'],
    [{ add: ['extra={"N":"5"}'] }, '--add extra: a number cannot be added to'],
    [{ take: ['payload=a'] }, '--take payload: it is no set'],
    [{ add: ['extra={"SS":[]}'] }, 'extra: DynamoDB has no empty sets'],
  ])('%j: %s', (some, message) => {
    expect(() => parse(some)).toThrow(message);
  });

  it('is told when the item is seen, where only that tells', () => {
    const update = parse({ add: ['extra=a'] });
    expect(() => updated({ msgid: s('m'), extra: n(1) }, update)).toThrow('extra is of type N here');
    expect(() => updated({ msgid: s('m'), extra: s('a') }, update)).toThrow('extra is of type S here');
    expect(updated({ msgid: s('m'), extra: { SS: ['a', 'b'] } }, update)).toEqual({ msgid: s('m'), extra: { SS: ['a', 'b'] } });
  });
});

describe('an update', () => {
  it('sets, removes, adds and takes, and leaves the rest', () => {
    const before: Item = { topic: s('t'), MsgId: { SS: ['a', 'b'] }, old: s('x'), same: n(1) };
    const update = parse({ set: ['new=1'], remove: ['old', 'none'], add: ['MsgId=c', 'MsgId=d'] }, 'mqtt_topic_msg_map');
    expect(updated(before, update)).toEqual({ topic: s('t'), MsgId: { SS: ['a', 'b', 'c', 'd'] }, same: n(1), new: n(1) });
    expect(touched(update)).toEqual(['new', 'old', 'none', 'MsgId']);
    const taken = parse({ take: ['MsgId=["a","b","c"]'] }, 'mqtt_topic_msg_map');
    expect(updated({ topic: s('t'), MsgId: { SS: ['a', 'b'] } }, taken)).toEqual({ topic: s('t') });
  });

  it('of sets comes to the same when it is made twice, and is undone by its contrary', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 });
    fc.assert(
      fc.property(ids, ids, fc.constantFrom('add', 'take'), (held, others, verb) => {
        const before: Item = { topic: s('t'), MsgId: { SS: held } };
        const update = parse({ [verb]: others.map((id) => `MsgId=${id}`) }, 'mqtt_topic_msg_map');
        const after = updated(before, update);
        expect(sameItem(updated(after, update), after)).toBe(true);
        const fresh = others.filter((id) => held.includes(id) === (verb === 'take'));
        if (fresh.length === 0) return;
        const contrary = parse({ [verb === 'add' ? 'take' : 'add']: fresh.map((id) => `MsgId=${id}`) }, 'mqtt_topic_msg_map');
        expect(sameItem(updated(after, contrary), before)).toBe(true);
      }),
    );
  });

  it('takes an attribute of any name', () => {
    const after = updated({ topic: s('t') }, parse({ set: ['__proto__=1', 'constructor=2'] }, 'mqtt_topic_msg_map'));
    expect(Object.entries(after)).toEqual([
      ['topic', s('t')],
      ['__proto__', n(1)],
      ['constructor', n(2)],
    ]);
  });
});

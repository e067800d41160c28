import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactor } from '../../../../src/domain/export/redact.ts';
import { itemBytes, n, s, type AttributeValue, type Item } from '../../../../src/domain/item.ts';
import { encodeMsgid } from '../../../../src/domain/mqtt/msgid.ts';
import { ATTRIBUTES, TABLES } from '../../../../src/domain/records/tables.ts';
import { anyItem, anyValue } from '../../../harness/any-item.ts';

const KEY = Buffer.from('a key that is only good for tests');
const redact = redactor(KEY);
const ID = encodeMsgid(0x00061789293f818b6e0b00001a2b0001n);

const message: Item = {
  msgid: s(ID),
  topic: s('plant/7/temp'),
  sender: s('sensor-17'),
  qos: n(1),
  retain: n(0),
  payload: s('{"t":21.5}'),
  arrived: n('1714727730250'),
};

const table = fc.constantFrom(...TABLES);

/** Items with the attributes of a table, of the right type or of any, and others beside them. */
const item = (value: fc.Arbitrary<AttributeValue>) =>
  table.chain((name) =>
    fc.tuple(
      fc.constant(name),
      fc
        .uniqueArray(
          fc.tuple(fc.oneof(fc.constantFrom(...ATTRIBUTES[name]), fc.constantFrom('note', '__proto__', 'constructor')), value),
          {
            maxLength: 6,
            selector: ([attribute]) => attribute,
          },
        )
        .map((entries): Item => Object.fromEntries(entries)),
    ),
  );

/** Words that no hash holds, as base32 has neither capital letters nor these digits. */
const capital = fc.constantFrom(...'BCDEFGHIJKLMOPQRTUVWXYZ'.split(''));
const word = fc
  .tuple(capital, fc.array(fc.oneof(capital, fc.constantFrom('0', '1', '8', '9')), { minLength: 3, maxLength: 11 }))
  .map(([first, more]) => [first, ...more].join(''));
const words = fc
  .array(word, { minLength: 1, maxLength: 3 })
  .chain((all) => fc.constantFrom('/', '-', '').map((by) => all.join(by)));
const wordy: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    words.map((S) => ({ S })),
    fc.uniqueArray(words, { minLength: 1, maxLength: 3 }).map((SS) => ({ SS })),
    fc.array(tie('value'), { maxLength: 2 }).map((L) => ({ L })),
    fc.tuple(word, tie('value')).map(([name, value]) => ({ M: { [name]: value } })),
  ),
})).value;

/** What must stay of a value: its type, the number of its elements, and of sets that they differ. */
function shapeOf(value: AttributeValue): unknown {
  if ('SS' in value) return { SS: new Set(value.SS).size };
  if ('NS' in value) return { NS: new Set(value.NS.map(Number)).size };
  if ('BS' in value) return { BS: new Set(value.BS).size };
  if ('L' in value) return { L: value.L.map(shapeOf) };
  if ('M' in value) return { M: Object.values(value.M).map(shapeOf) };
  return Object.keys(value)[0] === 'BOOL' ? value : Object.keys(value);
}

describe('redactor', () => {
  it('gives one client, one topic and one id the same text in every table', () => {
    const { topic, sender } = redact('mqtt_msg', message);
    const ack = redact('mqtt_acked', { topic: message['topic']!, clientid: s('sensor-17'), msgid: s(ID) });
    expect(ack).toEqual({ topic, clientid: sender, msgid: s(ID) });
    expect(redact('mqtt_client', { clientid: s('sensor-17') })).toEqual({ clientid: sender });
    expect(redact('mqtt_sub', { clientid: s('sensor-17'), topic: s('plant/7/temp') })).toEqual({ clientid: sender, topic });
    expect(redact('mqtt_topic_msg_map', { topic: s('plant/7/temp'), MsgId: { SS: [ID] } })).toEqual({
      topic,
      MsgId: { SS: [ID] },
    });
    expect(redact('mqtt_retain', message)).toEqual(redact('mqtt_msg', message));
    expect(topic).toEqual({ S: expect.stringMatching(/^[a-z2-7]{12}\/[a-z2-7]{12}\/[a-z2-7]{12}$/) as string });
  });

  it('does not show that a client id, a level and a payload are the same text', () => {
    const { topic, sender, payload } = redact('mqtt_msg', {
      topic: s('sensor-17'),
      sender: s('sensor-17'),
      payload: s('sensor-17'),
    });
    const starts = [topic, sender, payload].map((value) => (value as { S: string }).S.slice(0, 9));
    expect(new Set(starts).size).toBe(3);
  });

  it('keeps ids, numbers, nodes, and a sender that the backend does not know', () => {
    const client = { connect_state: n(1), node: s('emqx@10.0.0.5'), online_at: n(1), offline_at: n('00') };
    expect(redact('mqtt_client', client)).toEqual(client);
    const kept = { msgid: s(ID), sender: s('undefined'), qos: n(7), retain: s('1'), arrived: n('1714727730250'), payload: s('') };
    expect(redact('mqtt_msg', kept)).toEqual(kept);
  });

  it('replaces what is no id by what is none, the same in the map as in the message', () => {
    const ids = ['plant/7/temp', 'a', 'b', `${ID}0`];
    const { MsgId } = redact('mqtt_topic_msg_map', { MsgId: { SS: [...ids, ID] } });
    const redacted = ids.map((id) => (redact('mqtt_msg', { msgid: s(id) })['msgid'] as { S: string }).S);
    expect(MsgId).toEqual({ SS: [...redacted, ID] });
    expect(new Set(redacted).size).toBe(4);
    expect(redacted.every((id) => /^[a-z2-7]+$/.test(id))).toBe(true);
    expect(redact('mqtt_topic_msg_map', { MsgId: { L: [s(ID), s('x'), n(5)] } })).toMatchObject({
      MsgId: { L: [s(ID), { S: expect.stringMatching(/^[a-z2-7]{12}$/) as string }, n(0)] },
    });
  });

  it('keeps the size of a payload', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 });
    const bytes = fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each).toString('base64'));
    fc.assert(
      fc.property(
        fc.oneof(
          text.map(s),
          bytes.map((B): AttributeValue => ({ B })),
        ),
        (payload) => {
          const redacted = redact('mqtt_msg', { payload });
          expect(Object.keys(redacted['payload']!)).toEqual(Object.keys(payload));
          expect(itemBytes(redacted)).toBe(itemBytes({ payload }));
          if ('B' in redacted['payload']!)
            expect(Buffer.from(redacted['payload'].B, 'base64').toString('base64')).toBe(redacted['payload'].B);
        },
      ),
    );
  });

  it('keeps names of attributes, types, and the number of elements, whatever an item holds', () => {
    fc.assert(
      fc.property(item(anyValue()), anyItem(), ([name, known], other) => {
        for (const before of [known, other]) {
          const after = redact(name, before);
          expect(Object.keys(after)).toEqual(Object.keys(before));
          expect(Object.values(after).map(shapeOf)).toEqual(Object.values(before).map(shapeOf));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves no word of the original, and under another key no hash of it', () => {
    const other = redactor(Buffer.from('another key that is good for tests'));
    fc.assert(
      fc.property(item(wordy), ([name, before]) => {
        const { node: _, ...rest } = before;
        const after = JSON.stringify(redact(name, rest));
        const found = [...JSON.stringify(rest).matchAll(/[A-Z0189]{4,}/g)].map(([each]) => each);
        expect(found.filter((each) => after.includes(each))).toEqual([]);
        expect(JSON.stringify(redactor(KEY)(name, rest))).toBe(after);
        if (found.length > 0) expect(JSON.stringify(other(name, rest))).not.toBe(after);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives the same hash after many others', () => {
    const own = redactor(KEY);
    const first = own('mqtt_client', { clientid: s('first') });
    for (let at = 0; at < 100_100; at += 1) own('mqtt_client', { clientid: s(`client-${at}`) });
    expect(own('mqtt_client', { clientid: s('first') })).toEqual(first);
  });
});

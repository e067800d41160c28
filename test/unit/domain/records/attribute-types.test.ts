import { expect, it } from 'vitest';
import { isAttributeType, TYPE_WORDS, typeOf, writtenType } from '../../../../src/domain/records/attribute-types.ts';
import { ATTRIBUTES, KEYS, TABLES } from '../../../../src/domain/records/tables.ts';

it('every attribute and key of the tables has a type, and no other attribute', () => {
  for (const table of TABLES) {
    for (const name of ATTRIBUTES[table]) expect(writtenType(table, name)).toBeDefined();
    for (const name of KEYS[table]) expect(writtenType(table, name)).toBe('S');
  }
  expect(writtenType('mqtt_topic_msg_map', 'MsgId')).toBe('SS');
  expect(writtenType('mqtt_msg', 'qos')).toBe('N');
  expect(writtenType('mqtt_msg', 'extra')).toBeUndefined();
  expect(writtenType('mqtt_sub', 'retain')).toBeUndefined();
});

it('the names of types are those that have words, and nothing that every object has', () => {
  for (const type of Object.keys(TYPE_WORDS)) expect(isAttributeType(type)).toBe(true);
  for (const name of ['s', '', 'constructor', 'toString', '__proto__']) expect(isAttributeType(name)).toBe(false);
});

it('a value is of the type that it is written as', () => {
  expect(typeOf({ BS: ['AA=='] })).toBe('BS');
  expect(typeOf({ NULL: true })).toBe('NULL');
});

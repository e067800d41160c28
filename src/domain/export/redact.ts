import type { AttributeValue, Item } from '../item.ts';
import { base64ByteLength, utf8ByteLength } from '../mqtt/bytes.ts';
import { decodeMsgid } from '../mqtt/msgid.ts';
import { writtenType } from '../records/attribute-types.ts';
import type { TableName } from '../records/tables.ts';
import { KeyedHash, type HashKind } from './keyed-hash.ts';
import { redactTopic } from './redact-topic.ts';

/** What the backend writes for a sender that it does not know. Source: emqx_backend_dynamo 4.3.5. */
const NOBODY = 'undefined';

/** Digits as text, where the backend writes a number: doctor mends them, and they tell no more than the number would. */
const WHOLE = /^(?:0|[1-9]\d{0,37})$/;

/** Elements of a set stay apart by at least so many bytes of hash. */
const APART = 12;

/** An item without the names and contents of those who use the broker. */
export type Redact = (table: TableName, item: Item) => Item;

/**
 * Redacts items of the six tables under a key: client ids, topics level by level, and payloads become hashes, the same ones for
 * the same text in every table and every export under that key. Ids, times, numbers, nodes and the names of attributes stay,
 * and so does whatever doctor looks at: types, sizes, what is missing, invalid or empty. Of what the backend does not write only
 * the types and sizes stay.
 */
export function redactor(key: Uint8Array): Redact {
  const hash = new KeyedHash(key);
  return (table, item) => redactEntries(item, (name, value) => redactAttribute(hash, table, name, value));
}

function redactAttribute(hash: KeyedHash, table: TableName, name: string, value: AttributeValue): AttributeValue {
  const want = writtenType(table, name);
  if (name === 'MsgId' && want !== undefined) return redactIds(hash, value);
  if (name === 'payload' && want !== undefined) return redactValue(hash, 'payload', value);
  if (want === 'N') return 'N' in value || ('S' in value && WHOLE.test(value.S)) ? value : redactValue(hash, 'value', value);
  return want === 'S' && 'S' in value ? { S: redactText(hash, name, value.S) } : redactValue(hash, 'value', value);
}

/** The text of an attribute that the backend writes as text. */
function redactText(hash: KeyedHash, name: string, text: string): string {
  switch (name) {
    case 'topic':
      return redactTopic(hash, text);
    case 'msgid':
      return redactId(hash, text);
    case 'node':
      return text;
    default:
      return text === '' || text === NOBODY ? text : hash.short('client', text);
  }
}

/** Ids of messages stay, what is none becomes another text that is none. */
function redactId(hash: KeyedHash, text: string): string {
  return text === '' || decodeMsgid(text) !== undefined ? text : hash.text('msgid', text, Math.max(APART, utf8ByteLength(text)));
}

/** The ids of a topic, also where they stand in a list or alone. */
function redactIds(hash: KeyedHash, value: AttributeValue): AttributeValue {
  if ('SS' in value) return { SS: value.SS.map((id) => redactId(hash, id)) };
  if ('S' in value) return { S: redactId(hash, value.S) };
  return 'L' in value ? { L: value.L.map((element) => redactIds(hash, element)) } : redactValue(hash, 'value', value);
}

/** A value of the same type and, but for short elements of sets, numbers and names, of the same size. */
function redactValue(hash: KeyedHash, kind: HashKind, value: AttributeValue): AttributeValue {
  if ('S' in value) return { S: hash.text(kind, value.S, utf8ByteLength(value.S)) };
  if ('N' in value) return { N: '0' };
  if ('B' in value) return { B: redactBytes(hash, kind, value.B, 0) };
  if ('SS' in value) return { SS: value.SS.map((text) => hash.text(kind, text, Math.max(APART, utf8ByteLength(text)))) };
  if ('NS' in value) return { NS: value.NS.map((_, index) => String(index)) };
  if ('BS' in value) return { BS: value.BS.map((bytes) => redactBytes(hash, kind, bytes, APART)) };
  if ('L' in value) return { L: value.L.map((element) => redactValue(hash, kind, element)) };
  if (!('M' in value)) return value;
  const named = Object.entries(value.M).map(([name, each]) => [hash.short('name', name), redactValue(hash, kind, each)] as const);
  return { M: Object.fromEntries(named) };
}

function redactBytes(hash: KeyedHash, kind: HashKind, base64: string, least: number): string {
  return hash.bytes(kind, Buffer.from(base64, 'base64'), Math.max(least, base64ByteLength(base64))).toString('base64');
}

function redactEntries(item: Item, redact: (name: string, value: AttributeValue) => AttributeValue): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, redact(name, value)]));
}

import { Buffer } from 'node:buffer';
import { NumberValue, type NativeAttributeValue } from '@aws-sdk/lib-dynamodb';
import type { AttributeValue, Item } from '../domain/item.ts';

/** An item of plain values, as the document client gives them with numbers wrapped, in DynamoDB's own JSON. */
export function itemOf(document: Readonly<Record<string, NativeAttributeValue>>): Item {
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, valueOf(value)]));
}

/** The document client's own type says `any`. */
type Native =
  | string
  | NumberValue
  | boolean
  | null
  | Uint8Array
  | Set<string | NumberValue | Uint8Array>
  | Native[]
  | { [name: string]: Native };

function valueOf(value: Native): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value === null) return { NULL: true };
  if (value instanceof NumberValue) return { N: value.value };
  if (value instanceof Uint8Array) return { B: base64(value) };
  if (value instanceof Set) return setOf([...value]);
  if (Array.isArray(value)) return { L: value.map(valueOf) };
  return { M: itemOf(value) };
}

/** DynamoDB has no empty sets, and none of mixed types. */
function setOf(elements: readonly (string | NumberValue | Uint8Array)[]): AttributeValue {
  const texts = elements.filter((element) => typeof element === 'string');
  if (texts.length > 0) return { SS: texts };
  const numbers = elements.filter((element) => element instanceof NumberValue);
  if (numbers.length > 0) return { NS: numbers.map(({ value }) => value) };
  return { BS: elements.filter((element) => element instanceof Uint8Array).map(base64) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

import { Buffer } from 'node:buffer';
import { NumberValue, type NativeAttributeValue } from '@aws-sdk/lib-dynamodb';
import type { AttributeValue, Item } from '../domain/item.ts';

/** An item of DynamoDB's own JSON in the plain values that the document client takes; numbers keep all their digits. */
export function documentOf(item: Item): Record<string, NativeAttributeValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, nativeOf(value)]));
}

function nativeOf(value: AttributeValue): NativeAttributeValue {
  if ('S' in value) return value.S;
  if ('N' in value) return NumberValue.from(value.N);
  if ('B' in value) return bytesOf(value.B);
  if ('SS' in value) return new Set(value.SS);
  if ('NS' in value) return new Set(value.NS.map((digits) => NumberValue.from(digits)));
  if ('BS' in value) return new Set(value.BS.map(bytesOf));
  if ('L' in value) return value.L.map(nativeOf);
  if ('M' in value) return documentOf(value.M);
  return 'BOOL' in value ? value.BOOL : null;
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

/** Whether an attribute anywhere inside is called `__proto__`, which plain objects do not hold. */
export function hasPrototypeName(value: object): boolean {
  return Object.entries(value).some(
    ([name, inner]) => name === '__proto__' || (typeof inner === 'object' && inner !== null && hasPrototypeName(inner)),
  );
}

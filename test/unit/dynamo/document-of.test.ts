import * as fc from 'fast-check';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { documentOf, hasPrototypeName } from '../../../src/dynamo/document-of.ts';
import { itemOf } from '../../../src/dynamo/item-of.ts';
import { anyItem } from '../../harness/any-item.ts';

describe('an item in the plain values of the document client', () => {
  it('comes back as it was: all ten types, 38 digits', () => {
    fc.assert(
      fc.property(anyItem(), (item) => {
        expect(itemOf(documentOf(item))).toEqual(item);
      }),
    );
  });

  it('is what the document client itself makes of it on the wire', () => {
    fc.assert(
      fc.property(anyItem(), (item) => {
        const wire = marshall(documentOf(item));
        expect(JSON.parse(JSON.stringify(wire, asBase64))).toEqual(item);
      }),
    );
  });
});

describe('the name that plain objects do not hold', () => {
  it('is found at any depth', () => {
    const named = Object.fromEntries([['__proto__', { S: 'a' }]]);
    expect([named, { a: { M: named } }, { a: { L: [{ M: named }] } }].map(hasPrototypeName)).toEqual([true, true, true]);
    expect([{}, { a: { S: '__proto__' } }, { a: { SS: ['__proto__'] } }].map(hasPrototypeName)).toEqual([false, false, false]);
  });
});

function asBase64(_name: string, value: unknown): unknown {
  // a Uint8Array that JSON.stringify would write as an object of its indices
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

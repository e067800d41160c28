import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemBytes } from '../../../../src/domain/item.ts';
import { hexOf } from '../../../../src/domain/mqtt/msgid-text.ts';
import { AckedRow, MessageRow } from '../../../../src/domain/records/rows.ts';

const guid = fc.bigInt(0n, (1n << 128n) - 1n).map(hexOf);
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom('', 'plant/a/temp', 'ä', '\0'));
const time = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 30 }).map((zeros) => 10 ** (zeros % 16)),
  fc.bigInt(0n, 10n ** 38n - 1n),
);

describe('rows', () => {
  it('of messages know their size before their item is made', () => {
    const payload = fc.oneof(
      text.map((some) => ({ text: some })),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => ({ base64: Buffer.from(bytes).toString('base64') })),
    );
    const message = fc.record({
      guid,
      topic: text,
      sender: text,
      qos: fc.nat({ max: 2 }),
      retain: fc.boolean(),
      payload,
      arrived: time,
    });
    fc.assert(
      fc.property(message, (some) => {
        const { item, bytes } = new MessageRow(some);
        expect(bytes).toBe(itemBytes(item));
      }),
    );
  });

  it('of acks, too', () => {
    fc.assert(
      fc.property(fc.record({ guid, topic: text, clientid: text }), (some) => {
        const { item, bytes } = new AckedRow(some);
        expect(bytes).toBe(itemBytes(item));
      }),
    );
  });
});

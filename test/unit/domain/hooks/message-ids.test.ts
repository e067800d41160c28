import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageIds } from '../../../../src/domain/hooks/message-ids.ts';
import { hexOf, msgidLength, msgidOf } from '../../../../src/domain/mqtt/msgid-text.ts';

describe('MessageIds', () => {
  it('number messages as a map would, whatever their ids', () => {
    // neighbours, ids that differ in one word only, and any
    const guid = fc.oneof(
      fc.bigInt(0n, 40n),
      fc.tuple(fc.bigInt(0n, 3n), fc.nat({ max: 3 })).map(([value, word]) => value << BigInt(word * 32)),
      fc.bigInt(0n, (1n << 128n) - 1n),
    );
    fc.assert(
      fc.property(fc.array(guid, { maxLength: 300 }), (guids) => {
        const ids = new MessageIds();
        const known = new Map<string, number>();
        for (const hex of guids.map(hexOf)) {
          if (!known.has(hex)) known.set(hex, known.size);
          expect(ids.numberOf(hex)).toBe(known.get(hex));
        }
        expect(ids.size).toBe(known.size);
        for (const [hex, message] of known) {
          expect([ids.msgid(message), ids.lengthOf(message)]).toEqual([msgidOf(hex), msgidLength(hex)]);
        }
      }),
    );
  });

  it('keep their numbers while they grow', () => {
    const ids = new MessageIds();
    const guids = Array.from({ length: 20_000 }, (_, at) => hexOf((1_714_727_730_250_000n << 64n) + BigInt(at) * 0x1_0001n));
    expect(guids.map((guid) => ids.numberOf(guid))).toEqual(guids.map((_, at) => at));
    expect(guids.map((guid) => ids.numberOf(guid))).toEqual(guids.map((_, at) => at));
  });
});

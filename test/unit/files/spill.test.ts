import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Spill, type SpillRecord } from '../../../src/files/spill.ts';

const record = fc.record({
  key: fc.oneof(fc.constantFrom('a', 'b', 'c'), fc.string({ unit: 'grapheme', maxLength: 20 })),
  kind: fc.nat(255),
  text: fc.string({ unit: 'grapheme', maxLength: 40 }),
});

async function readAll(spill: Spill): Promise<SpillRecord[][]> {
  const parts: SpillRecord[][] = [];
  for await (const records of spill.partitions()) parts.push([...records]);
  return parts;
}

describe('Spill', () => {
  it('gives back every record, those of a key in one partition and in their order, however little it holds in memory', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 200 }),
        fc.constantFrom(1, 50, 1_000, 1 << 20),
        async (records, heldBytes) => {
          const spill = new Spill({ heldBytes });
          for (const { key, kind, text } of records) {
            spill.add(key, kind, text);
            await spill.flush();
          }
          const parts = await readAll(spill);
          await spill.close();
          const byKey = (all: readonly SpillRecord[]) => all.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
          expect(byKey(parts.flat())).toEqual(byKey(records));
          const homes = new Map<string, number>();
          for (const [part, own] of parts.entries()) {
            for (const { key } of own) expect(homes.set(key, homes.get(key) ?? part).get(key)).toBe(part);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps keys of 16 bytes as they are', async () => {
    const keys = Array.from({ length: 500 }, (_, at) =>
      String.fromCharCode(...Array.from({ length: 16 }, (__, byte) => (at * 7 + byte * 31) & 255)),
    );
    const spill = new Spill({ keys: 'latin1', heldBytes: 64 });
    for (const key of keys) spill.add(key, 0, '');
    await spill.flush();
    const found = (await readAll(spill)).flat().map(({ key }) => key);
    await spill.close();
    expect(found.toSorted()).toEqual(keys.toSorted());
  });

  it('leaves nothing with a name in the temporary folder while it is in use', async () => {
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('mqdyn-') && !name.startsWith('mqdyn-test'));
    const spill = new Spill({ heldBytes: 1 });
    spill.add('key', 1, 'text');
    await spill.flush();
    const now = readdirSync(tmpdir()).filter((name) => name.startsWith('mqdyn-') && !name.startsWith('mqdyn-test'));
    expect(now.filter((name) => !before.includes(name))).toEqual([]);
    expect((await readAll(spill)).flat()).toEqual([{ key: 'key', kind: 1, text: 'text' }]);
    await spill.close();
  });
});

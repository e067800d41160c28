import { expect, it } from 'vitest';
import * as fc from 'fast-check';
import { ImportWindow } from '../../../../../src/app/move/import/window.ts';
import type { ImportEntry } from '../../../../../src/app/move/import/source.ts';
import { windows } from '../../../../../src/app/move/import/windows.ts';
import type { ImportChange } from '../../../../../src/domain/import/change.ts';
import { afterWrite } from '../../../../../src/domain/hooks/table-state.ts';
import { isAccountedFor, totalOf } from '../../../../../src/domain/import/counts.ts';
import { s, textOf, type Item } from '../../../../../src/domain/item.ts';
import { canonical } from '../../../../harness/fill-tables.ts';

const keys = new Map([
  ['mqtt_topic_msg_map', [{ name: 'topic', type: 'S' as const }]],
  ['mqtt_msg', [{ name: 'msgid', type: 'S' as const }]],
]);
const START = { part: 0, lines: 0 };
const entry = (table: string, change: ImportChange, number = 1): ImportEntry => ({
  line: { number, offset: 10 * number, end: 10 * number + 10, text: `line ${number}` },
  table,
  change,
});
const row = (topic: string, ids: readonly string[], more: Item = {}): ImportChange => ({
  kind: 'put',
  item: { topic: s(topic), ...(ids.length === 0 ? {} : { MsgId: { SS: [...ids] } }), ...more },
});

it('sends messages before the ids that name them', () => {
  const window = new ImportWindow(START, { keys, merge: true });
  window.add(entry('mqtt_topic_msg_map', row('a', ['1'])), 'x');
  window.add(entry('mqtt_msg', { kind: 'put', item: { msgid: s('1') } }), 'x');
  expect(window.takeWrites().map((writes) => writes.map(({ kind, table }) => [kind, table]))).toEqual([
    [['put', 'mqtt_msg']],
    [['ids', 'mqtt_topic_msg_map']],
  ]);
});

it('names the lines that are refused, each once, and counts the others', () => {
  const window = new ImportWindow(START, { keys, merge: true });
  window.add(entry('mqtt_topic_msg_map', row('a', ['1', '2']), 1), 'x');
  window.add(entry('mqtt_topic_msg_map', row('a', ['3']), 2), 'x');
  window.add(entry('mqtt_topic_msg_map', row('b', []), 3), 'x');
  const [write] = window.takeWrites().flat();
  const events = write?.kind === 'ids' ? write.log.filter(({ id }) => id < '3').map(({ event }) => event) : [];
  const rejects = window.settle([{ write: write!, events, reason: 'topic_set_full', detail: 'full' }]);
  expect(rejects).toEqual([
    {
      input: 'x',
      line: { number: 1, offset: 10, end: 20, bytes: Buffer.from('line 1') },
      reject: { reason: 'topic_set_full', detail: 'full' },
      table: 'mqtt_topic_msg_map',
    },
  ]);
  expect(window.counts).toMatchObject([{ read: 3, applied: 1, skipped: 1, rejected: 1 }]);
});

it('leaves, however it is cut into windows, what the lines one by one would have left', async () => {
  const topic = fc.constantFrom('a', 'b');
  const ids = fc.uniqueArray(fc.constantFrom('1', '2', '3', '4'), { maxLength: 3 });
  const change: fc.Arbitrary<ImportChange> = fc.oneof(
    fc.tuple(topic, ids).map(([name, own]) => row(name, own)),
    fc.tuple(topic, ids).map(([name, own]) => row(name, own, { more: s('x') })),
    topic.map((name): ImportChange => ({ kind: 'delete', key: { topic: s(name) } })),
    fc.tuple(topic, ids).map(([name, own]): ImportChange => ({ kind: 'add-ids', topic: name, ids: own })),
    fc.constant<ImportChange>({ kind: 'skip' }),
  );
  const parts = fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(parts, fc.boolean(), fc.integer({ min: 1, max: 9 }), fc.nat(40), async (all, merge, lines, from) => {
      const source = {
        parts: all.map((changes, part) => ({
          name: `${part}`,
          entries: async function* () {
            yield changes.map((each, index) => entry('mqtt_topic_msg_map', each, index + 1));
          },
        })),
      };
      const run = async (bounds: { lines: number; bytes: number }, until = Infinity) => {
        const state = new Map<string, Item>();
        let place = START;
        let read = 0;
        const take = async (start: typeof START, limit: number) => {
          const options = { keys, merge, bounds, signal: new AbortController().signal };
          for await (const window of windows(source, start, options)) {
            for (const write of window.takeWrites().flat()) {
              const name = textOf(write.key, 'topic') ?? '';
              if (write.kind === 'ids' && write.add.length === 0) continue;
              const { item } = afterWrite(state.get(name), write as never);
              if (item === undefined) state.delete(name);
              else state.set(name, item);
            }
            expect(isAccountedFor(totalOf(window.counts))).toBe(true);
            read += totalOf(window.counts).read;
            place = window.end;
            if (read >= limit) return;
          }
        };
        await take(START, until);
        // as a run that goes on
        if (read < all.flat().length) await take(place, Infinity);
        return { read, state: [...state.values()].map(canonical).sort() };
      };
      const oneByOne = await run({ lines: 1, bytes: 1 });
      expect(oneByOne.read).toBe(all.flat().length);
      expect(await run({ lines, bytes: 1 << 20 })).toEqual(oneByOne);
      expect(await run({ lines, bytes: 1 << 20 }, from)).toEqual(oneByOne);
    }),
  );
});

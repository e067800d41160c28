import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeWrites } from '../../../../src/domain/hooks/merge-writes.ts';
import type { Mutation } from '../../../../src/domain/hooks/mutation.ts';
import { inShard } from '../../../../src/domain/hooks/shard.ts';
import { WriteSet } from '../../../../src/domain/hooks/write-set.ts';
import type { Write } from '../../../../src/domain/hooks/write.ts';
import { itemBytes, s } from '../../../../src/domain/item.ts';
import { msgidOf } from '../../../../src/domain/mqtt/msgid-text.ts';
import { itemKeyOf, itemKeyText } from '../../../../src/domain/records/keys.ts';
import { applyAlone, mutations, send, Tables } from './model.ts';

const [A, B] = ['A'.repeat(32), 'B'.repeat(32)] as const;

const idChange = (kind: 'add-id' | 'remove-id', guid: string): Mutation => ({
  kind,
  table: 'mqtt_topic_msg_map',
  key: { topic: s('t') },
  id: msgidOf(guid),
});

function written(event: number, some: readonly Mutation[]): Write[] {
  const set = new WriteSet();
  for (const [index, mutation] of some.entries()) set.add(event + index, mutation);
  return set.takeWrites();
}

const textOf = ({ table, key }: Write) => itemKeyText(itemKeyOf(table, key));

/** The one write that mutations of one key fold into; events are numbered from 1. */
function foldOf(...some: Mutation[]): Write {
  const writes = written(1, some);
  expect(writes).toHaveLength(1);
  return writes[0]!;
}

describe('WriteSet', () => {
  it('leaves the tables as every mutation alone would have, whatever the windows', () => {
    fc.assert(
      fc.property(fc.array(mutations, { maxLength: 4 }), (windows) => {
        const folded = new Tables();
        const sequential = new Tables();
        for (const window of windows) {
          for (const mutation of window) applyAlone(sequential, mutation);
          const writes = written(0, window);
          const keys = writes.map(({ table, key }) => JSON.stringify([table, key]));
          expect(new Set(keys).size).toBe(keys.length);
          for (const write of writes) send(folded, write);
        }
        expect(folded.comparable()).toEqual(sequential.comparable());
      }),
      { numRuns: 500 },
    );
  });

  it('gives each window its own writes, in any order of sending them', () => {
    fc.assert(
      fc.property(mutations, (window) => {
        const [forward, backward] = [new Tables(), new Tables()];
        const writes = written(0, window);
        for (const write of writes) send(forward, write);
        for (const write of writes.toReversed()) send(backward, write);
        expect(backward.comparable()).toEqual(forward.comparable());
      }),
    );
  });

  it('changes nothing more when the same window is sent twice', () => {
    fc.assert(
      fc.property(mutations, (window) => {
        const [once, twice] = [new Tables(), new Tables()];
        const writes = written(0, window);
        for (const write of writes) send(once, write);
        for (const write of [...writes, ...writes]) send(twice, write);
        expect(twice.comparable()).toEqual(once.comparable());
      }),
    );
  });

  const client = { clientid: s('c') };
  const at = { table: 'mqtt_client', key: client } as const;
  const item = { ...client, online_at: { N: '1' }, offline_at: { N: '0' } };
  const putClient: Mutation = { ...at, kind: 'put', item, bytes: itemBytes(item) };
  const setClient = (time: string): Mutation => ({ ...at, kind: 'set', values: { offline_at: { N: time } } });
  const deleteClient: Mutation = { ...at, kind: 'delete' };

  it.each<[string, Mutation[], object]>([
    ['the last put wins', [putClient, putClient], { kind: 'put', events: [2] }],
    ['a put then a delete is a delete', [putClient, deleteClient], { kind: 'delete', key: client, events: [2] }],
    ['a delete then a put is a put', [deleteClient, putClient], { kind: 'put', events: [2] }],
    [
      'a set folds into the put before it',
      [putClient, setClient('2')],
      { kind: 'put', item: { ...client, online_at: { N: '1' }, offline_at: { N: '2' } }, events: [1, 2] },
    ],
    [
      'a set after a delete makes a new item',
      [deleteClient, setClient('2')],
      { kind: 'put', item: { ...client, offline_at: { N: '2' } }, events: [2] },
    ],
    [
      'a set replaces one of the same attributes',
      [setClient('1'), setClient('2')],
      { kind: 'set', values: { offline_at: { N: '2' } }, events: [2] },
    ],
    ['a put replaces a set', [setClient('1'), putClient], { kind: 'put', events: [2] }],
    [
      'ids become one ADD',
      [idChange('add-id', A), idChange('add-id', B), idChange('add-id', A)],
      { kind: 'ids', add: [A, B].map(msgidOf), remove: [], events: [3, 2] },
    ],
    [
      'an id that came and went is only taken out',
      [idChange('add-id', A), idChange('remove-id', A)],
      { kind: 'ids', add: [], remove: [msgidOf(A)], events: [2] },
    ],
    [
      'ADD holds all that was ever in, DELETE what left',
      [idChange('add-id', A), idChange('remove-id', A), idChange('add-id', B)],
      { kind: 'ids', add: [A, B].map(msgidOf), remove: [msgidOf(A)], events: [2, 3] },
    ],
  ])('%s', (_, folded, write) => {
    expect(foldOf(...folded)).toMatchObject(write);
  });

  it('knows its size', () => {
    const set = new WriteSet();
    set.add(1, putClient);
    const one = set.bytes;
    set.add(2, putClient);
    expect(set.bytes).toBe(one);
    set.add(3, idChange('add-id', A));
    expect(set.bytes).toBeGreaterThan(one);
    expect(set.takeWrites()[0]).toMatchObject({ kind: 'put', bytes: itemBytes(item) });
  });
});

describe('mergeWrites', () => {
  it('makes of two writes of a key one that leaves the same', () => {
    fc.assert(
      fc.property(mutations, mutations, mutations, (before, first, second) => {
        const [sequential, merged] = [new Tables(), new Tables()];
        for (const mutation of [...before, ...first, ...second]) applyAlone(sequential, mutation);
        for (const mutation of before) applyAlone(merged, mutation);
        const writes = new Map<string, Write>();
        for (const window of [first, second]) {
          for (const write of written(0, window)) writes.set(textOf(write), mergeWrites(writes.get(textOf(write)), write));
        }
        for (const write of writes.values()) send(merged, write);
        expect(merged.comparable()).toEqual(sequential.comparable());
      }),
      { numRuns: 300 },
    );
  });
});

describe('inShard', () => {
  const nameOf = (mutation: Mutation) => itemKeyText(itemKeyOf(mutation.table, mutation.key));

  it('puts every key in exactly one part', () => {
    fc.assert(
      fc.property(mutations, fc.integer({ min: 1, max: 7 }), (some, count) => {
        const parts = Array.from({ length: count }, (_, index) =>
          some.filter((mutation) => inShard(itemKeyOf(mutation.table, mutation.key), { index: index + 1, count })),
        );
        expect(parts.flat()).toHaveLength(some.length);
        const owners = parts.map((part) => new Set(part.map(nameOf)));
        for (const key of new Set(some.map(nameOf))) expect(owners.filter((keys) => keys.has(key))).toHaveLength(1);
      }),
    );
  });
});

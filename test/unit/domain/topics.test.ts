import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listClients } from '../../../src/app/views/list-clients.ts';
import { inTimeOrder } from '../../../src/domain/delivery/judge.ts';
import { n, s, textOf, type Item } from '../../../src/domain/item.ts';
import { FilterIndex } from '../../../src/domain/mqtt/filter-index.ts';
import { encodeMsgid, makeGuid } from '../../../src/domain/mqtt/msgid.ts';
import { topicMatches } from '../../../src/domain/mqtt/topic.ts';
import { isSelected, topicSelection } from '../../../src/domain/mqtt/topic-selection.ts';
import { NodeCensus } from '../../../src/domain/records/clients.ts';
import { storedMillis } from '../../../src/domain/records/times.ts';
import { Arrivals } from '../../../src/domain/topics/arrivals.ts';
import { forecast } from '../../../src/domain/topics/forecast.ts';
import { TopicTallies } from '../../../src/domain/topics/tally.ts';
import type { ClientView } from '../../../src/domain/views/clients.ts';
import { topicList, topicTree } from '../../../src/domain/topics/tree.ts';

const level = fc.constantFrom('a', 'b', '', '$s');
const name = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '', '$s', '+'), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, rest]) => (rest ? [...levels.slice(1), '#'] : levels).join('/'));

const DAY = 86_400_000;
const idAt = (at: number) => encodeMsgid(makeGuid(1_700_000_000_000_000n + BigInt(at) * 1_000_000n, BigInt(at)));

const units = (bytes: number) => forecast({ ids: 1, bytes, oldest: 1 }, DAY).nextPublishUnits;

const clientRow = (clientid: string, node: string, online: number, offline = 0): Item => ({
  clientid: s(clientid),
  node: s(node),
  connect_state: n(offline === 0 ? 1 : 0),
  online_at: n(online),
  offline_at: n(offline),
});

const ghosts = (rows: readonly Item[]) => {
  const census = new NodeCensus();
  for (const each of rows) census.add(each);
  return rows.map((each) => census.ghost(each));
};

const tallies = (topics: readonly string[]) => {
  const made = new TopicTallies();
  topics.forEach((topic, at) => made.addMapItem({ topic: s(topic), MsgId: { SS: [idAt(at), idAt(at + 50)] } }));
  return made.byTopic;
};

describe('the index of filters', () => {
  it('counts what topicMatches matches', () => {
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 20 }), name, (filters, topic) => {
        const index = new FilterIndex();
        for (const each of filters) index.add(each);
        expect(index.matching(topic)).toBe(filters.filter((each) => topicMatches(topic, each)).length);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('a topic selection', () => {
  it('has a prefix that no match is without', () => {
    fc.assert(
      fc.property(filter, name, (text, topic) => {
        fc.pre(text !== '');
        const selection = topicSelection(text);
        expect(isSelected(topic, selection)).toBe(topicMatches(topic, text));
        if (selection.kind === 'filter' && topicMatches(topic, text)) expect(topic.startsWith(selection.prefix)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('the topic tree', () => {
  it('loses nothing at any depth', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), (topics, depth) => {
        const all = tallies(topics);
        const rows = topicTree(all, depth, undefined);
        // every topic is either a row of its own, or counts in the deepest subtree above it
        const shown = rows.filter(({ subtree }) => !subtree).map(({ topic }) => topic);
        const folded = rows.filter((row) => row.subtree && row.depth === depth);
        const ids = rows.filter(({ subtree }) => !subtree).reduce((sum, { tally }) => sum + tally.ids, 0);
        expect(ids + folded.reduce((sum, { tally }) => sum + tally.ids, 0)).toBe(topics.length * 2);
        expect(rows.every((row) => row.depth <= depth)).toBe(true);
        for (const row of rows.filter(({ subtree }) => subtree)) {
          const under = topics.filter((topic) => topic === row.topic.slice(0, -2) || topic.startsWith(row.topic.slice(0, -1)));
          expect(row.tally.topics).toBe(under.length);
        }
        expect(new Set(shown).size).toBe(shown.length);
      }),
      { numRuns: 500 },
    );
  });

  it('sorts by bytes, by count and by age', () => {
    const all = new Map([
      ['few', { topics: 1, ids: 1, bytes: 900, largest: 900, oldest: 3, newest: 3, retained: 0 }],
      ['many', { topics: 1, ids: 9, bytes: 500, largest: 500, oldest: 2, newest: 9, retained: 0 }],
      ['none', { topics: 1, ids: 0, bytes: 0, largest: 0, oldest: undefined, newest: undefined, retained: 1 }],
    ]);
    const order = (by: 'bytes' | 'count' | 'age') => topicList(all, by).map(({ topic }) => topic);
    expect(order('bytes')).toEqual(['few', 'many', 'none']);
    expect(order('count')).toEqual(['many', 'few', 'none']);
    expect(order('age')).toEqual(['many', 'few', 'none']);
  });

  it('orders ids by the time in them, those without one last', () => {
    const ids = Array.from({ length: 60 }, (_, at) => idAt(at));
    expect(inTimeOrder(['no-id', ...ids.toReversed()])).toEqual([...ids, 'no-id']);
  });
});

describe('the forecast of a topic', () => {
  it('costs a write unit for each started kilobyte of the row with one more id (fault 22)', () => {
    // as DynamoDB Local bills it for ids in the row of `testtopic`
    expect([20, 21, 108, 130].map((ids) => units(5 + 9 + 5 + ids * 47))).toEqual([1, 2, 6, 7]);
    expect(units(0)).toBe(1);
  });

  it('forecasts the days that are left', () => {
    const { idsPerDay, daysLeft } = forecast({ ids: 100, bytes: 4_719, oldest: 0.5 }, 10 * DAY);
    expect(idsPerDay).toBeCloseTo(10);
    expect(daysLeft).toBeCloseTo((409_600 - 4_719) / 470);
    expect(forecast({ ids: 0, bytes: 18, oldest: undefined }, DAY).daysLeft).toBeUndefined();
    expect(forecast({ ids: 9_000, bytes: 500_000, oldest: 1 }, DAY).daysLeft).toBe(0);
  });

  it('sees no trend in the ids of the last minutes', () => {
    expect(forecast({ ids: 1, bytes: 66, oldest: DAY - 1_000 }, DAY).idsPerDay).toBeCloseTo(24);
  });
});

describe('arrivals', () => {
  it('puts every id into one group of age and into its hour and day', () => {
    const now = 1_700_000_000_000;
    const arrivals = new Arrivals(now);
    const ages = [0, 59_999, 60_000, 3_599_999, 86_400_000, 8 * 86_400_000, 31 * 86_400_000, -5_000];
    for (const age of ages) arrivals.add(now - age);
    arrivals.add(undefined);
    expect(arrivals.byAge().map(({ ids }) => ids)).toEqual([3, 2, 0, 1, 1, 1, 1]);
    expect(arrivals.hours.counts.at(-1)).toBe(5);
    expect(arrivals.days.counts.slice(-2)).toEqual([1, 5]);
    expect(arrivals.days.counts.reduce((sum, count) => sum + count, 0)).toBe(7);
  });
});

describe('stored times', () => {
  it('tells seconds, milliseconds and microseconds apart per value', () => {
    for (const digits of ['1562308553', '1562308553000', '1562308553000000'])
      expect(storedMillis(digits)).toBe(1_562_308_553_000);
    for (const digits of ['0', '-1', 'x', '9'.repeat(38)]) expect(storedMillis(digits)).toBeUndefined();
  });
});

describe('ghosts', () => {
  const T = 1_700_000_000_000;

  it('are online rows of a node that no other row names', () => {
    expect(ghosts([clientRow('a', 'old', T), clientRow('b', 'new', T), clientRow('c', 'new', T)])).toEqual([
      'node_unseen',
      undefined,
      undefined,
    ]);
  });

  it('are online rows of a node whose rows are all older than all others', () => {
    const rows = [
      clientRow('a', 'old', T),
      clientRow('b', 'old', T + 1, T + 2),
      clientRow('c', 'new', T + 3),
      clientRow('d', 'new', T + 4),
    ];
    expect(ghosts(rows)).toEqual(['node_old', undefined, undefined, undefined]);
    expect(ghosts([...rows, clientRow('e', 'old', T + 9)])[0]).toBeUndefined();
  });

  it('are none where there is one node only, however old', () => {
    expect(ghosts([clientRow('a', 'only', 1), clientRow('b', 'only', T)])).toEqual([undefined, undefined]);
  });

  it('are the same whether the rows were kept or read twice', async () => {
    const rows = [clientRow('a', 'old', T), clientRow('b', 'new', T), clientRow('c', 'new', T)];
    let reads = 0;
    const reader = {
      spent: { scanned: 0, units: 0 },
      async *scan() {
        reads += 1;
        for (const each of rows) yield [each];
      },
    };
    const shown = async (keep: number) => {
      const all: ClientView[] = [];
      for await (const block of listClients(reader as never, { online: false, offline: false }, T, keep)) all.push(...block);
      return all.map((each) => [textOf(each.item, 'clientid'), each.ghost]);
    };
    const kept = await shown(10);
    expect(reads).toBe(1);
    expect(await shown(2)).toEqual(kept);
    expect(reads).toBe(3);
    expect(kept[0]).toEqual(['a', 'node_unseen']);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { examine } from '../../../../src/app/mend/examine.ts';
import type { DoctorSource } from '../../../../src/app/mend/source.ts';
import { redactor } from '../../../../src/domain/export/redact.ts';
import { DEFAULT_RULES } from '../../../../src/domain/hooks/rules.ts';
import { judgeItem } from '../../../../src/domain/integrity/judge-item.ts';
import { CHECKS, ITEM_CHECKS } from '../../../../src/domain/integrity/registry.ts';
import { n, s, type AttributeValue, type Item } from '../../../../src/domain/item.ts';
import { encodeMsgid, makeGuid } from '../../../../src/domain/mqtt/msgid.ts';
import { ATTRIBUTES, TABLES, type TableName } from '../../../../src/domain/records/tables.ts';
import { anyValue } from '../../../harness/any-item.ts';
import { DAMAGE_NOW, damaged, DAMAGES } from '../../../harness/damage.ts';

type Rows = Readonly<Record<TableName, readonly Item[]>>;

const redact = redactor(Buffer.from('a key that is only good for tests'));

/** Tables that nobody writes to, as those of an export. */
function sourceOf(rows: Rows): DoctorSource {
  return {
    spent: { scanned: 0, units: 0 },
    async *scan(table) {
      yield rows[table];
    },
    read: undefined,
    subscriptionsOf: undefined,
  };
}

/** How often each check found something in each table, and how often it could be mended. */
async function findingsIn(rows: Rows): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const count = (name: string) => (counts[name] = (counts[name] ?? 0) + 1);
  const options = {
    checks: new Set(CHECKS.map(({ id }) => id)),
    usable: new Set(TABLES),
    graceMs: 600_000,
    now: DAMAGE_NOW,
    rules: DEFAULT_RULES,
    signal: new AbortController().signal,
  };
  for await (const all of examine(sourceOf(rows), options)) {
    for (const { findings, repairs } of all) {
      for (const { check, table } of findings) count(`${check} ${table}`);
      for (const { do: what, checks } of repairs) count(`${what} ${checks.join()}`);
    }
  }
  return counts;
}

function redacted(rows: Rows): Rows {
  const redactAll = (table: TableName) => rows[table].map((item) => redact(table, item));
  return {
    mqtt_client: redactAll('mqtt_client'),
    mqtt_sub: redactAll('mqtt_sub'),
    mqtt_msg: redactAll('mqtt_msg'),
    mqtt_topic_msg_map: redactAll('mqtt_topic_msg_map'),
    mqtt_retain: redactAll('mqtt_retain'),
    mqtt_acked: redactAll('mqtt_acked'),
  };
}

const id = (number: number) => encodeMsgid(makeGuid(BigInt(DAMAGE_NOW - 86_400_000 + number) * 1_000n, BigInt(number)));

/** Few names, so that items of the tables meet: clients are called as topics are, ids as neither should be. */
const VALUES: Readonly<Record<string, fc.Arbitrary<AttributeValue>>> = {
  clientid: fc.constantFrom('a', 'b', 'plant', 'undefined', '').map(s),
  sender: fc.constantFrom('a', 'undefined', '').map(s),
  topic: fc
    .constantFrom(
      'a',
      'a/b',
      'a/+',
      '#',
      '$SYS/a',
      '$a',
      'a#/b',
      '$share/g/a',
      '$share/g',
      '$share//a',
      '$queue/a',
      '',
      'a\0',
      '/',
    )
    .map(s),
  msgid: fc.constantFrom(id(1), id(2), id(3), 'a', 'undefined', '', `${id(1)}x`).map(s),
  MsgId: fc.oneof(
    fc.uniqueArray(fc.constantFrom(id(1), id(2), id(3), 'a', 'b'), { minLength: 1 }).map((SS) => ({ SS })),
    fc.array(fc.constantFrom(id(1), id(2), 'a'), { maxLength: 2 }).map((ids) => ({ L: ids.map(s) })),
    fc.constant(s(id(1))),
  ),
  node: fc.constantFrom('one', 'two', 'three').map(s),
  payload: fc.constantFrom('', 'x', '{"t":1}').map(s),
  note: fc.constant(s('by hand')),
};
const numbers = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 1_714_727_730, DAMAGE_NOW, -1).map(n),
  fc.constantFrom('0', '1', 'one').map(s),
);

/** An item of a table with anything in it: some attributes are missing, or of any type. */
function strangeItem(table: TableName): fc.Arbitrary<Item> {
  const entries = [...ATTRIBUTES[table], 'note'].map((name) =>
    fc
      .oneof(
        { weight: 12, arbitrary: VALUES[name] ?? numbers },
        { weight: name === 'note' ? 12 : 1, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: anyValue() },
      )
      .map((value): [string, AttributeValue][] => (value === undefined ? [] : [[name, value]])),
  );
  return fc.tuple(...entries).map((all) => Object.fromEntries(all.flat()));
}

const strangeRows: fc.Arbitrary<Rows> = fc.record({
  mqtt_client: fc.array(strangeItem('mqtt_client'), { maxLength: 5 }),
  mqtt_sub: fc.array(strangeItem('mqtt_sub'), { maxLength: 5 }),
  mqtt_msg: fc.array(strangeItem('mqtt_msg'), { maxLength: 5 }),
  mqtt_topic_msg_map: fc.array(strangeItem('mqtt_topic_msg_map'), { maxLength: 5 }),
  mqtt_retain: fc.array(strangeItem('mqtt_retain'), { maxLength: 5 }),
  mqtt_acked: fc.array(strangeItem('mqtt_acked'), { maxLength: 5 }),
});

describe('doctor finds in a redacted export what it finds in the tables', () => {
  it('each damage that a check is made for, and together', async () => {
    const all = Object.keys(DAMAGES);
    for (const names of [...all.map((name) => [name]), all, [...all, ...all]]) {
      const { rows, found } = damaged(names);
      const before = await findingsIn(rows);
      expect([names, await findingsIn(redacted(rows))]).toEqual([names, before]);
      const sum = Object.values(found).reduce((total, count) => total + count, 0);
      expect(Object.values(before).reduce((total, count) => total + count, 0)).toBeGreaterThanOrEqual(sum);
    }
  });

  it('in random tables, with items of any kind', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(strangeRows, async (rows) => {
        const before = await findingsIn(rows);
        expect(await findingsIn(redacted(rows))).toEqual(before);
        for (const name of Object.keys(before)) seen.add(name.split(' ')[0]!);
      }),
      { numRuns: 400 },
    );
    // all checks but those of whole tables, of the future and of 400 KB
    const rare = ['table_missing', 'foreign_schema', 'schema_drift', 'msgid_future', 'topic_near_limit'];
    expect(CHECKS.map(({ id: check }) => check).filter((check) => !seen.has(check) && !rare.includes(check))).toEqual([]);
  });

  it('and tells each finding of an item of the item that it is in', () => {
    const table = fc.constantFrom(...TABLES).chain((name) => fc.tuple(fc.constant(name), strangeItem(name)));
    const context = { now: DAMAGE_NOW, rules: DEFAULT_RULES };
    const found = (name: TableName, item: Item) => judgeItem(item, name, ITEM_CHECKS, context).findings.map(({ check }) => check);
    fc.assert(
      fc.property(table, ([name, item]) => {
        expect(found(name, redact(name, item))).toEqual(found(name, item));
      }),
      { numRuns: 2_000 },
    );
  });
});

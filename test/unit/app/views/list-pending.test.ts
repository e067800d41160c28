import { describe, expect, it } from 'vitest';
import { listPending } from '../../../../src/app/views/list-pending.ts';
import { inKeyOrder } from '../../../../src/app/views/in-key-order.ts';
import type { TableReader } from '../../../../src/app/views/table-reader.ts';
import { n, s, textOf, type Item } from '../../../../src/domain/item.ts';
import type { TableName } from '../../../../src/domain/records/tables.ts';
import type { PendingView } from '../../../../src/domain/views/messages.ts';
import { idOf, NOW } from '../../../harness/seed-data.ts';

const IDS = Array.from({ length: 350 }, (_, at) => idOf(1_000 * (400 - at), BigInt(at)));
const message = (msgid: string): Item => ({
  msgid: s(msgid),
  topic: s('a'),
  sender: s('x'),
  qos: n(1),
  payload: s(`to ${msgid}`),
});
/** Every seventh message is gone. */
const MESSAGES = IDS.filter((_, at) => at % 7 !== 0).map(message);
const TABLES: Partial<Record<TableName, Item[]>> = {
  mqtt_topic_msg_map: [
    { topic: s('a'), MsgId: { SS: IDS.slice(0, 200).toReversed() } },
    { topic: s('b'), MsgId: { SS: IDS.slice(200) } },
  ],
  mqtt_msg: [...MESSAGES, message('of nobody')].toReversed(),
};

/** A reader of these rows that says how it was asked. */
function readerOf(figure: { items: number; bytes: number } | undefined) {
  const asked: string[] = [];
  const reader = {
    spent: { scanned: 0, units: 0 },
    figures: new Map(figure ? [['mqtt_msg' as const, figure]] : []),
    async *scan(table: TableName) {
      asked.push(`scan ${table}`);
      yield TABLES[table] ?? [];
    },
    batch: async (table: TableName, keys: readonly (readonly string[])[]) => {
      asked.push(`batch ${table}`);
      return (TABLES[table] ?? []).filter((row) => keys.some(([key]) => key === textOf(row, 'msgid')));
    },
  };
  return { asked, reader: reader as unknown as TableReader & { figures: typeof reader.figures } };
}

async function pending(figure: { items: number; bytes: number } | undefined, choice = {}) {
  const { asked, reader } = readerOf(figure);
  const [rows, said]: [PendingView[], string[]] = [[], []];
  const talk = { notice: (sentence: string) => said.push(sentence), progress: () => undefined };
  const blocks = listPending(reader, { selection: { kind: 'all' }, ...choice }, NOW, { waiting: 0 }, talk);
  for await (const block of blocks) rows.push(...block);
  return { rows, asked, said };
}

const SMALL = { items: 301, bytes: 40_000 };

describe('waiting messages', () => {
  it('are the same whether they are scanned or read by key', async () => {
    const byKey = await pending(undefined);
    const byScan = await pending(SMALL);
    expect(byScan.rows).toEqual(byKey.rows);
    expect(byKey.rows.map(({ msgid }) => msgid)).toEqual(IDS);
    expect(byKey.asked).toEqual(['scan mqtt_topic_msg_map', ...Array.from({ length: 4 }, () => 'batch mqtt_msg')]);
    expect(byScan.asked).toEqual(['scan mqtt_topic_msg_map', 'scan mqtt_msg']);
    expect(byKey.said).toEqual(['looking up 350 messages by key: about 175 read units']);
    expect(byScan.said).toEqual(['looking up 350 messages by a scan of mqtt_msg: about 6 read units, against 175 by key']);
  });

  it.each([undefined, SMALL])('of one state are looked for until there are enough (%j)', async (figure) => {
    const { rows } = await pending(figure, { state: 'gone', limit: 20 });
    expect(rows.map(({ msgid }) => msgid)).toEqual(IDS.filter((_, at) => at % 7 === 0).slice(0, 20));
  });
});

describe('rows in the order of their keys', () => {
  async function* blocks() {
    yield [{ id: s('c') }, { id: s('a') }];
    yield [{ id: s('b') }];
  }
  const ids = async (keep: number) => {
    let large = 0;
    const shown: (string | undefined)[] = [];
    for await (const block of inKeyOrder(blocks(), ['id'], () => (large += 1), keep))
      shown.push(...block.map((row) => textOf(row, 'id')));
    return { shown, large };
  };

  it('are sorted as long as they fit into memory, and stream otherwise', async () => {
    expect(await ids(3)).toEqual({ shown: ['a', 'b', 'c'], large: 0 });
    expect(await ids(2)).toEqual({ shown: ['c', 'a', 'b'], large: 1 });
    expect(await ids(1)).toEqual({ shown: ['c', 'a', 'b'], large: 1 });
  });
});

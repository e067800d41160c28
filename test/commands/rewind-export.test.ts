import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Rewind from '../../src/commands/rewind.ts';
import { n, s, type Item } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { emptyTables, everything, fillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { nativeExport, type NativeTable } from '../harness/native-export.ts';
import { runCommand, temporaryFolder, type RunResult } from '../harness/run-command.ts';

let engine: MemoryEngine;
let dynamo: Dynamo;
const folder = temporaryFolder();
const exported = join(folder.path, 'hour');
const journal = join(folder.path, 'back.journal');
const WINDOW = { from: Date.UTC(2024, 4, 4, 8), to: Date.UTC(2024, 4, 4, 9) };

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
beforeEach(() => emptyTables(dynamo));
afterEach(() => {
  for (const path of [exported, journal]) rmSync(path, { recursive: true, force: true });
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

function rewind(...argv: string[]): Promise<RunResult> {
  return runCommand(Rewind, [...argv, '--endpoint-url', engine.endpoint]);
}

const message = (id: string, payload: string): Item => ({ msgid: s(id), topic: s('t'), qos: n(1), payload: s(payload) });
const listed = (...ids: string[]): Item => ({ topic: s('t'), MsgId: { SS: ids } });

/** In the window `old` was acked and `new` came. */
const HOUR: readonly NativeTable[] = [
  {
    ...WINDOW,
    table: 'mqtt_msg',
    changes: [
      { key: { msgid: s('old') }, before: message('old', 'a') },
      { key: { msgid: s('new') }, after: message('new', 'b') },
    ],
  },
  {
    ...WINDOW,
    table: 'mqtt_topic_msg_map',
    changes: [{ key: { topic: s('t') }, before: listed('old', 'kept'), after: listed('new', 'kept') }],
  },
];
const AFTER = { mqtt_msg: [message('new', 'b')], mqtt_topic_msg_map: [listed('new', 'kept', 'since')] };

async function tables(): Promise<string[]> {
  return everything(dynamo);
}

async function tablesOf(rows: Parameters<typeof fillTables>[1]): Promise<string[]> {
  await emptyTables(dynamo);
  await fillTables(dynamo, rows);
  return tables();
}

describe('rewind of an incremental export', () => {
  it('takes its changes back, leaves the ids of others, and can be taken back itself', async () => {
    const before = await tablesOf({ mqtt_msg: [message('old', 'a')], mqtt_topic_msg_map: [listed('old', 'kept', 'since')] });
    const after = await tablesOf(AFTER);
    nativeExport(exported, HOUR);
    const { code, stdout, stderr } = await rewind(exported, '--yes', '--journal', journal, '--json');
    expect([code, JSON.parse(stdout)]).toEqual([0, { items: [], count: 0, takenBack: 4, left: 0 }]);
    expect(stderr).toContain('changes from 2024-05-04T08:00:00.000Z to 2024-05-04T09:00:00.000Z');
    expect(stderr).toContain(`4 changes taken back, 0 left; to take that back: mqdyn rewind ${journal}`);
    expect(await tables()).toEqual(before);
    const again = await rewind(exported, '--yes', '--journal', join(folder.path, 'again.journal'));
    expect([again.code, again.stderr]).toEqual([
      0,
      expect.stringContaining('0 changes taken back, 0 left, 3 as before already\n'),
    ]);
    expect(existsSync(join(folder.path, 'again.journal'))).toBe(false);
    expect((await rewind(journal, '--yes')).code).toBe(0);
    expect(await tables()).toEqual(after);
  });

  it('lists with --dry-run what it would do and what it would leave, and changes nothing', async () => {
    const after = await tablesOf({ ...AFTER, mqtt_msg: [message('new', 'changed')] });
    nativeExport(exported, HOUR);
    const { code, stdout, stderr } = await rewind(exported, '--dry-run', '--json');
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { items: unknown }).items).toEqual([
      { table: 'mqtt_msg', key: 'new', sort: null, action: 'deleted', why: 'the item has changed meanwhile' },
      { table: 'mqtt_msg', key: 'old', sort: null, action: 'put back', why: null },
      { table: 'mqtt_topic_msg_map', key: 't', sort: null, action: 'ids taken', why: 'new: its message had to be left' },
      { table: 'mqtt_topic_msg_map', key: 't', sort: null, action: 'ids added', why: null },
    ]);
    expect(stderr).toContain('2 changes to be taken back, 2 left; dry run: nothing was changed');
    expect(await tables()).toEqual(after);
  });

  it('lists what has changed since, with its id, exit 3', async () => {
    await tablesOf({ ...AFTER, mqtt_msg: [message('new', 'changed')] });
    nativeExport(exported, HOUR);
    const { code, stdout } = await rewind(exported, '--yes', '--journal', journal, '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([3, { takenBack: 2, left: 2 }]);
    const now = await tables();
    const rows = {
      mqtt_msg: [message('new', 'changed'), message('old', 'a')],
      mqtt_topic_msg_map: [listed('old', 'new', 'kept', 'since')],
    };
    expect(now).toEqual(await tablesOf(rows));
  });

  it('leaves a message where its topic takes no id any more', async () => {
    const long = 'old-and-too-long-for-what-room-is-left';
    const full: Item = { ...listed('kept'), filler: s('x'.repeat(409_570)) };
    const after = await tablesOf({ mqtt_msg: [message('new', 'b')], mqtt_topic_msg_map: [full] });
    nativeExport(exported, [
      { ...WINDOW, table: 'mqtt_msg', changes: [{ key: { msgid: s(long) }, before: message(long, 'a') }] },
      {
        ...WINDOW,
        table: 'mqtt_topic_msg_map',
        changes: [{ key: { topic: s('t') }, before: listed(long, 'kept'), after: listed('kept') }],
      },
    ]);
    const { code, stdout } = await rewind(exported, '--yes', '--journal', journal, '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([
      3,
      {
        takenBack: 0,
        left: 2,
        items: [
          { table: 'mqtt_topic_msg_map', action: 'ids added', why: expect.stringMatching(/exceed/i) as string },
          { table: 'mqtt_msg', key: long, action: 'put back', why: 'its id had to be left' },
        ],
      },
    ]);
    expect(await tables()).toEqual(after);
  });

  it('goes by the prefix of the target, and by the names in the export', async () => {
    await createTables(dynamo, 'prod-');
    await dynamo.call('PutItem', { TableName: 'prod-mqtt_retain', Item: { topic: s('a'), payload: s('2') } });
    const change = {
      key: { topic: s('a') },
      before: { topic: s('a'), payload: s('1') },
      after: { topic: s('a'), payload: s('2') },
    };
    nativeExport(exported, [{ ...WINDOW, table: 'prod-mqtt_retain', changes: [change] }]);
    const other = await rewind(exported, '--yes', '--journal', journal);
    expect([other.code, other.stderr]).toEqual([11, expect.stringContaining('holds also prod-mqtt_retain')]);
    expect(other.stderr).toContain('--table-prefix');
    const { code, stderr } = await rewind(exported, '--yes', '--journal', journal, '--table-prefix', 'prod-');
    expect([code, stderr]).toEqual([0, expect.stringContaining('to be taken back: 1 change of prod-mqtt_retain')]);
    const reply = await dynamo.call('GetItem', { TableName: 'prod-mqtt_retain', Key: { topic: s('a') } });
    expect(reply.Item).toEqual(change.before);
  });

  it('needs consent, and changes nothing without', async () => {
    const after = await tablesOf(AFTER);
    nativeExport(exported, HOUR);
    const { code, stderr } = await rewind(exported, '--journal', journal);
    expect([code, stderr]).toEqual([11, expect.stringContaining('taking changes back needs --yes')]);
    expect(stderr).toContain('to be taken back: 2 changes of mqtt_msg, 1 change of mqtt_topic_msg_map');
    const foreign = await rewind(exported, '--confirm', 'mqtt_sub');
    expect([foreign.code, foreign.stderr]).toEqual([
      2,
      expect.stringContaining('--confirm mqtt_sub: the export changes no such table'),
    ]);
    expect([existsSync(journal), await tables()]).toEqual([false, after]);
  });

  it('says so where there is nothing, and where one half is missing', async () => {
    nativeExport(exported, [{ ...WINDOW, table: 'mqtt_msg', changes: [] }]);
    const { code, stdout, stderr } = await rewind(exported, '--yes');
    expect([code, stdout, stderr]).toEqual([0, '', expect.stringContaining('nothing to take back')]);
    expect(stderr).toContain('warning: of messages and their ids the export has only mqtt_msg; the others stay as they are');
  });
});

describe('rewind refuses', () => {
  const refused = async (native: readonly NativeTable[]) => {
    nativeExport(exported, native);
    const after = await tablesOf(AFTER);
    const result = await rewind(exported, '--yes', '--journal', journal);
    expect([existsSync(journal), await tables()]).toEqual([false, after]);
    return [result.code, result.stderr.replace(/\s+/g, ' ')];
  };

  it('an export that shows new images alone, and says what to ask for', async () => {
    const table: NativeTable = { ...WINDOW, table: 'mqtt_msg', view: 'NEW_IMAGE', changes: [] };
    expect(await refused([table])).toEqual([4, expect.stringMatching(/exported with NEW_IMAGE.* Ask for NEW_AND_OLD_IMAGES\./)]);
  });

  it('a full export', async () => {
    const table: NativeTable = { table: 'mqtt_msg', at: 0, items: [] };
    expect(await refused([table])).toEqual([4, expect.stringContaining('rewind needs an incremental export')]);
  });

  it('tables of different times, and names these', async () => {
    const later = { from: WINDOW.from, to: WINDOW.to + 60_000, table: 'mqtt_sub', changes: [] };
    expect(await refused([...HOUR, later])).toEqual([
      4,
      expect.stringMatching(/over different times.*mqtt_sub from 2024-05-04T08:00:00.000Z to 2024-05-04T09:01:00.000Z/),
    ]);
  });

  it('tables that are none of the backend, by name', async () => {
    const other: NativeTable = { ...WINDOW, table: 'things', changes: [] };
    expect(await refused([...HOUR, other])).toEqual([11, expect.stringContaining('holds also things')]);
  });

  it('images of another item than their key', async () => {
    const table: NativeTable = {
      ...WINDOW,
      table: 'mqtt_msg',
      changes: [{ key: { msgid: s('x') }, after: message('new', 'b') }],
    };
    expect(await refused([table])).toEqual([4, expect.stringContaining('has the image of another item')]);
  });

  it('an export that is damaged, whatever of it', async () => {
    nativeExport(exported, HOUR);
    const after = await tablesOf(AFTER);
    const files = readdirSync(exported, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(gz|json|md5)$/.test(name));
    expect(files).toHaveLength(10);
    for (const name of files) {
      const whole = readFileSync(join(exported, name));
      appendFileSync(join(exported, name), 'x');
      const { code, stderr } = await rewind(exported, '--yes', '--journal', journal);
      expect([name, code, stderr]).toEqual([name, 4, expect.stringContaining('E_DUMP')]);
      writeFileSync(join(exported, name), whole);
    }
    expect([existsSync(journal), await tables()]).toEqual([false, after]);
  });

  it('--journal beside a journal', async () => {
    const { code, stderr } = await rewind('some.journal', '--journal', journal);
    expect([code, stderr]).toEqual([2, expect.stringContaining('--journal is for an export')]);
  });
});

import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Config from '../../src/commands/config.ts';
import Delete from '../../src/commands/delete.ts';
import Get from '../../src/commands/get.ts';
import Put from '../../src/commands/put.ts';
import Scan from '../../src/commands/scan.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import Update from '../../src/commands/update.ts';
import TablesDescribe from '../../src/commands/tables/describe.ts';
import TablesList from '../../src/commands/tables/list.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { waitUntilActive } from '../../src/dynamo/table-waits.ts';
import { createTable } from '../../src/dynamo/tables.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { runCommand, temporaryFolder, type CommandClass, type RunOptions } from '../harness/run-command.ts';

const ID = 'MzE2MzExNDM1OTYwMTY4OTUwMTkyMDE1MzUyMTM3NjQ2MDJ';
const OTHER = 'MzE2MzExNDM2MjM2ODcwMTExMjk3NjU4NjI2Mzc3NjQ2MTA';
const GONE = 'MzE2MzExNDQ3MDI4MjE1Mzk0NDE3NzQ2MzIxNzM3NjQ2MTB';
const folder = temporaryFolder();
let engine: MemoryEngine;
let dynamo: Dynamo;
let target: string[];

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
  target = ['--endpoint-url', engine.endpoint, '--region', 'local'];
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
  folder.remove();
});

const run = (command: CommandClass, argv: string[], options?: RunOptions) => runCommand(command, [...argv, ...target], options);
const done = async (command: CommandClass, argv: string[], options?: RunOptions) => {
  const result = await run(command, argv, options);
  expect([result.code, result.stderr]).toEqual([0, result.stderr]);
  return result;
};
const itemsOf = (table: string) => scanAll(dynamo, table);
const message = (msgid: string, topic = 'plant/a', more: object = {}) =>
  JSON.stringify({ msgid, topic, sender: 's', qos: 1, retain: 0, payload: 'x', arrived: 1_714_727_730, ...more });

beforeEach(async () => {
  for (const [table, keys] of Object.entries({
    mqtt_sub: ['clientid', 'topic'],
    mqtt_msg: ['msgid'],
    mqtt_topic_msg_map: ['topic'],
    mqtt_retain: ['topic'],
  })) {
    for (const item of await itemsOf(table)) {
      await dynamo.call('DeleteItem', { TableName: table, Key: Object.fromEntries(keys.map((key) => [key, item[key]!])) });
    }
  }
});

describe('put', () => {
  const SUB = '{"clientid":"c","topic":"t","qos":1}';
  const TYPED = '{"Item":{"clientid":{"S":"c"},"topic":{"S":"t"},"qos":{"N":"1"}}}\n';

  it('stores an item and prints the one that it replaced, which undoes it', async () => {
    expect(await done(Put, ['mqtt_sub', SUB])).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('1 item stored in mqtt_sub, 0 replaced') as string,
    });
    const { stdout } = await done(Put, ['mqtt_sub', '{"clientid":{"S":"c"},"topic":{"S":"t"},"qos":{"N":"2"}}']);
    expect(stdout).toBe(TYPED);
    await done(Put, ['mqtt_sub', '-'], { stdin: stdout });
    expect(await itemsOf('mqtt_sub')).toEqual([{ clientid: { S: 'c' }, topic: { S: 't' }, qos: { N: '1' } }]);
  });

  it.each(['json', 'jsonl', 'ddb-json'])('takes back what scan --format %s printed, to the last digit', async (format) => {
    await done(Put, ['mqtt_msg', message(ID, 'a', { arrived: '@' }).replace('"@"', '12345678901234567890123456789012345678')]);
    await done(Put, ['mqtt_msg', message(OTHER, 'b')]);
    await done(Put, ['mqtt_topic_msg_map', JSON.stringify({ topic: 'a', MsgId: [ID, OTHER] })]);
    const before = [await itemsOf('mqtt_msg'), await itemsOf('mqtt_topic_msg_map')];
    for (const table of ['mqtt_msg', 'mqtt_topic_msg_map']) {
      const { stdout } = await done(Scan, [table, '--format', format]);
      for (const item of await itemsOf(table)) {
        const key = table === 'mqtt_msg' ? 'msgid' : 'topic';
        await dynamo.call('DeleteItem', { TableName: table, Key: { [key]: item[key]! } });
      }
      await done(Put, [table, '-'], { stdin: stdout });
    }
    const sorted = (items: object[]) => items.map((item) => JSON.stringify(item)).toSorted();
    expect(sorted(await itemsOf('mqtt_msg'))).toEqual(sorted(before[0]!));
    expect((await itemsOf('mqtt_topic_msg_map'))[0]!['MsgId']).toEqual({ SS: expect.arrayContaining([ID, OTHER]) as unknown });
    const { stdout } = await done(Get, ['mqtt_msg', ID, '--json']);
    await done(Put, ['mqtt_msg', '-'], { stdin: stdout });
    expect(sorted(await itemsOf('mqtt_msg'))).toEqual(sorted(before[0]!));
  });

  it('only where nothing is there, or a condition holds', async () => {
    await done(Put, ['mqtt_sub', SUB, '--if-absent']);
    const again = await run(Put, ['mqtt_sub', SUB.replace('1', '2'), '--if-absent']);
    expect([again.code, again.stdout]).toEqual([1, '']);
    expect(again.stderr).toContain('not stored: ITEM: there is such an item already');
    const not = await run(Put, ['mqtt_sub', SUB, '--if', 'qos = 2']);
    expect([not.code, not.stdout]).toEqual([1, '']);
    expect(not.stderr).toContain('--if does not hold');
    expect((await done(Put, ['mqtt_sub', SUB.replace('1}', '2}'), '--if', 'qos = 1'])).stdout).toBe(TYPED);
    // a condition on nothing
    const absent = await run(Put, ['mqtt_sub', SUB.replace('"t"', '"u"'), '--if', 'qos = 1']);
    expect([absent.code, await itemsOf('mqtt_sub')]).toEqual([1, [expect.objectContaining({ qos: { N: '2' } })]]);
  });

  it.each([
    ['mqtt_sub', '{"clientid":"c","topic":"a/#/b","qos":1}', 'mqtt_sub: topic is no topic filter: # must be the last level'],
    ['mqtt_sub', '{"clientid":"c","topic":"t","qos":3}', 'mqtt_sub: qos is 3; it must be 0, 1 or 2'],
    ['mqtt_msg', message('x'), 'mqtt_msg: msgid is no message id: "x"'],
    ['mqtt_msg', message(ID, '+'), 'mqtt_msg: topic is no topic name'],
    ['mqtt_topic_msg_map', '{"topic":{"S":"t"},"MsgId":{"L":[]}}', 'MsgId is a list; the backend writes a string set'],
    ['mqtt_retain', message(ID), 'mqtt_retain: retain is 0; it must be 1'],
    ['mqtt_sub', '{"clientid":"c","qos":1}', 'mqtt_sub: topic is missing; it is a part of the key'],
  ])('refuses what the backend could not use: %s %s', async (table, item, sentence) => {
    const { code, stdout, stderr } = await run(Put, [table, item]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`E_USAGE: ${table === 'mqtt_topic_msg_map' ? 'mqtt_topic_msg_map: ' : ''}${sentence}`);
    expect(await itemsOf(table)).toEqual([]);
  });

  it('stores it all the same with --no-check, but nothing without its key', async () => {
    await done(Put, ['mqtt_sub', '{"clientid":"c","topic":"a/#/b","qos":3}', '--no-check']);
    expect(await itemsOf('mqtt_sub')).toHaveLength(1);
    expect((await run(Put, ['mqtt_sub', '{"clientid":"c"}', '--no-check'])).code).toBe(2);
  });

  it('reads everything before the first write, and names the line that is wrong', async () => {
    const lines = `${SUB}\n${SUB.replace('"t"', '"u"')}\n{"clientid":\n`;
    const { code, stdout, stderr } = await run(Put, ['mqtt_sub', '-'], { stdin: lines });
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('E_INPUT: stdin:3: ');
    const wrong = await run(Put, ['mqtt_sub', '-'], { stdin: `${SUB}\n${SUB.replace('1', '7')}\n` });
    expect([wrong.code, await itemsOf('mqtt_sub')]).toEqual([2, []]);
    expect((await run(Put, ['mqtt_sub', '-'], { stdin: '\n' })).code).toBe(4);
  });

  it('says where a list may have been meant as a set', async () => {
    const { stderr } = await done(Put, ['mqtt_sub', SUB.replace('}', ',"tags":["a"]}')]);
    expect(stderr).toContain('note: tags is stored as a list');
  });

  it('does not lose what it replaced where stdout cannot take it', async () => {
    await done(Put, ['mqtt_sub', SUB]);
    const stdout = new Writable({
      write: (_chunk, _encoding, fail) => fail(Object.assign(new Error('full'), { code: 'ENOSPC' })),
    });
    const { code, stderr } = await run(Put, ['mqtt_sub', SUB.replace('1', '2')], { stdout });
    expect(code).toBe(8);
    expect(stderr).toContain(TYPED);
  });

  it('takes a table of any other name, by its own keys', async () => {
    await dynamo.call('PutItem', { TableName: 'mqtt_sub', Item: { clientid: { S: 'x' }, topic: { S: 'y' } } });
    const { code, stderr } = await run(Put, ['mqtt_subs', SUB]);
    expect(code).toBe(4);
    expect(stderr).toContain('Did you mean mqtt_sub?');
  });

  it('is refused in a context that only reads', async () => {
    const env = { XDG_CONFIG_HOME: join(folder.path, 'xdg') };
    const config = (...argv: string[]) => runCommand(Config, argv, { env });
    await config('-c', 'prod', 'endpoint-url', engine.endpoint);
    await config('-c', 'prod', 'read-only', 'true');
    for (const [command, argv] of [
      [Put, ['mqtt_sub', SUB]],
      [Update, ['mqtt_sub', 'c', 't', '--set', 'qos=1']],
      [Delete, ['mqtt_sub', 'c', 't']],
    ] as const) {
      const { code, stderr } = await runCommand(command, [...argv, '-c', 'prod'], { env });
      expect([code, stderr]).toEqual([11, expect.stringContaining('E_READ_ONLY') as string]);
    }
  });
});

describe('update', () => {
  const OLD = '{"Item":{"clientid":{"S":"c"},"topic":{"S":"t"},"qos":{"N":"1"}}}\n';
  beforeEach(async () => {
    await done(Put, ['mqtt_sub', '{"clientid":"c","topic":"t","qos":1}']);
    await done(Put, ['mqtt_topic_msg_map', JSON.stringify({ topic: 't', MsgId: [ID] })]);
  });

  it('changes attributes and prints the item as it was', async () => {
    const { stdout } = await done(Update, ['mqtt_sub', 'c', 't', '--set', 'qos=2', '--set', 'note=by hand']);
    expect(stdout).toBe(OLD);
    expect(await itemsOf('mqtt_sub')).toEqual([
      { clientid: { S: 'c' }, topic: { S: 't' }, qos: { N: '2' }, note: { S: 'by hand' } },
    ]);
    await done(Update, ['mqtt_sub', 'c', 't', '--remove', 'note']);
    await done(Put, ['mqtt_sub', '-'], { stdin: stdout });
    expect(await itemsOf('mqtt_sub')).toEqual([{ clientid: { S: 'c' }, topic: { S: 't' }, qos: { N: '1' } }]);
  });

  it('makes no item that is not there, unless --create says so', async () => {
    const { code, stderr } = await run(Update, ['mqtt_sub', 'c', 'u', '--set', 'qos=1']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no such item; --create makes one') as string]);
    expect((await run(Update, ['mqtt_topic_msg_map', 'u', '--add', `MsgId=${ID}`])).code).toBe(1);
    expect((await run(Update, ['mqtt_topic_msg_map', 'u', '--take', `MsgId=${ID}`])).code).toBe(1);
    expect(await itemsOf('mqtt_topic_msg_map')).toHaveLength(1);
    expect((await done(Update, ['mqtt_sub', 'c', 'u', '--set', 'qos=1', '--create'])).stdout).toBe('');
    await done(Update, ['mqtt_topic_msg_map', 'u', '--add', `MsgId=${ID}`, '--create']);
    expect([await itemsOf('mqtt_sub'), await itemsOf('mqtt_topic_msg_map')].map(({ length }) => length)).toEqual([2, 2]);
  });

  it('only where --if holds, in whatever way it changes the item', async () => {
    for (const change of [
      ['--set', 'qos=2'],
      ['--remove', 'qos', '--no-check'],
    ]) {
      const { code, stdout, stderr } = await run(Update, ['mqtt_sub', 'c', 't', ...change, '--if', 'qos = 2']);
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('not updated: --if does not hold') as string]);
    }
    const add = ['mqtt_topic_msg_map', 't', '--add', `MsgId=${OTHER}`];
    expect((await run(Update, [...add, '--if', 'size(MsgId) > 1'])).code).toBe(1);
    expect((await run(Update, [...add, '--if', `contains(MsgId, '${ID}')`])).code).toBe(0);
  });

  it('puts ids into a set and takes them out', async () => {
    const { stdout } = await done(Update, ['mqtt_topic_msg_map', 't', '--add', `MsgId=${OTHER}`]);
    expect(stdout).toBe(`{"Item":{"topic":{"S":"t"},"MsgId":{"SS":["${ID}"]}}}\n`);
    await done(Update, ['mqtt_topic_msg_map', 't', '--take', `MsgId=["${ID}","${OTHER}"]`]);
    expect(await itemsOf('mqtt_topic_msg_map')).toEqual([{ topic: { S: 't' } }]);
  });

  it.each([
    [['mqtt_sub', 'c', 't', '--set', 'qos=5'], 'mqtt_sub: qos is 5; it must be 0, 1 or 2'],
    [['mqtt_sub', 'c', 't', '--remove', 'qos'], 'mqtt_sub: qos is missing'],
    [['mqtt_sub', 'c', 't', '--set', 'topic=x'], 'topic is the key of the item and cannot be changed'],
    [['mqtt_sub', 'c', '--set', 'qos=1'], 'mqtt_sub has the sort key topic: name it as SORT'],
    [['mqtt_sub', 'c', 't'], 'name what to change'],
    [['mqtt_topic_msg_map', 't', '--add', 'MsgId=x'], 'mqtt_topic_msg_map: MsgId holds what is no message id: "x"'],
    [['mqtt_sub', 'c', 't', '--set', 'qos=1', '--if', 'qos >'], '--if: expected an attribute or a value, found the end'],
  ])('refuses %j', async (argv, sentence) => {
    const { code, stdout, stderr } = await run(Update, argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`E_USAGE: ${sentence}`);
  });

  it('is not held up by what was wrong before and is not touched', async () => {
    await done(Put, ['mqtt_sub', '{"clientid":"c","topic":"a/#/b","qos":1}', '--no-check']);
    await done(Update, ['mqtt_sub', 'c', 'a/#/b', '--set', 'qos=2']);
  });

  it('marks a client offline where it still is what was seen', async () => {
    await done(Put, ['mqtt_client', '{"clientid":"c","connect_state":1,"node":"gone","online_at":5,"offline_at":0}']);
    const argv = ['mqtt_client', 'c', '--set', 'connect_state=0', '--if', "connect_state = 1 and node = 'gone'"];
    expect((await done(Update, argv)).stdout).toContain('"connect_state":{"N":"1"}');
    expect((await run(Update, argv)).code).toBe(1);
  });
});

describe('delete', () => {
  it('prints the item as it was, and says no where there is none or --if does not hold', async () => {
    await done(Put, ['mqtt_sub', '{"clientid":"c","topic":"t","qos":1}']);
    expect((await run(Delete, ['mqtt_sub', 'c', 't', '--if', 'qos = 2'])).code).toBe(1);
    expect((await done(Delete, ['mqtt_sub', 'c', 't', '--json'])).stdout).toBe(
      '{"items":[\n{"clientid":"c","topic":"t","qos":1}\n],"count":1}\n',
    );
    const { code, stdout, stderr } = await run(Delete, ['mqtt_sub', 'c', 't']);
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('not deleted: there is no such item') as string]);
  });

  it('takes messages with their ids, the ids first, and what it prints brings them back', async () => {
    for (const [id, topic] of [
      [ID, 'a'],
      [OTHER, 'a'],
    ] as const)
      await done(Put, ['mqtt_msg', message(id, topic)]);
    await done(Put, ['mqtt_topic_msg_map', JSON.stringify({ topic: 'a', MsgId: [ID, OTHER, GONE] })]);
    const { code, stdout, stderr } = await run(Delete, ['messages', ID, OTHER, GONE]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`not found: ${GONE}`) as string]);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toMatchObject([
      { journal: 1, command: 'delete' },
      { table: 'mqtt_topic_msg_map', topic: 'a', taken: [ID, OTHER] },
      { table: 'mqtt_msg', Item: { msgid: { S: ID } } },
      { table: 'mqtt_msg', Item: { msgid: { S: OTHER } } },
    ]);
    expect([await itemsOf('mqtt_msg'), await itemsOf('mqtt_topic_msg_map')]).toEqual([
      [],
      [{ topic: { S: 'a' }, MsgId: { SS: [GONE] } }],
    ]);
    await done(Put, ['mqtt_msg', '-'], { stdin: stdout });
    const ids = await done(Put, ['mqtt_topic_msg_map', '-'], { stdin: stdout });
    expect(ids.stderr).toContain('2 lines of the journal passed over');
    expect(await itemsOf('mqtt_msg')).toHaveLength(2);
    expect((await itemsOf('mqtt_topic_msg_map'))[0]!['MsgId']).toEqual({
      SS: expect.arrayContaining([ID, OTHER, GONE]) as unknown,
    });
  });

  it('takes an id whose message is gone out of the topic that is named', async () => {
    await done(Put, ['mqtt_topic_msg_map', JSON.stringify({ topic: 'a', MsgId: [GONE] })]);
    expect((await run(Delete, ['messages', GONE])).code).toBe(1);
    await done(Delete, ['messages', GONE, '--topic', 'a']);
    expect(await itemsOf('mqtt_topic_msg_map')).toEqual([{ topic: { S: 'a' } }]);
  });

  it('takes retained messages', async () => {
    await done(Put, ['mqtt_retain', message(ID, 'a/b', { retain: 1 })]);
    const { stdout } = await run(Delete, ['retained', 'a/b', 'a/c', '--format', 'jsonl']);
    expect(JSON.parse(stdout)).toMatchObject({ topic: 'a/b', payload: 'x' });
    expect(await itemsOf('mqtt_retain')).toEqual([]);
  });

  it('deletes nothing before what goes away is on stdout', async () => {
    await done(Put, ['mqtt_msg', message(ID, 'a')]);
    const stdout = new Writable({
      write: (_chunk, _encoding, fail) => fail(Object.assign(new Error('full'), { code: 'ENOSPC' })),
    });
    expect((await run(Delete, ['messages', ID], { stdout })).code).toBe(8);
    expect(await itemsOf('mqtt_msg')).toHaveLength(1);
  });

  it.each([
    [['mqtt_sub', 'c', 't', 'u'], 'unexpected arguments u'],
    [['messages', 'nonsense'], 'invalid message id "nonsense"'],
    [['messages', ID, '--if', 'qos = 1'], '--if goes with one item of a table'],
    [['retained', 'a', '--topic', 'a'], '--topic goes with delete messages'],
  ])('refuses %j', async (argv, sentence) => {
    const { code, stdout, stderr } = await run(Delete, argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
  });
});

describe('a table of EMQX 5', () => {
  it('is not written to, and is named in the list and the description', async () => {
    const prefix = 'five-';
    await runCommand(TablesCreate, ['mqtt_sub', '--table-prefix', prefix, ...target]);
    const definition = {
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    };
    for (const name of ['mqtt_msg', 'users']) await createTable(dynamo, { ...definition, TableName: prefix + name } as never);
    for (const name of ['mqtt_msg', 'users']) await waitUntilActive(dynamo, prefix + name);
    const flags = ['--json', '--table-prefix', prefix];
    const { code, stderr } = await run(Put, ['mqtt_msg', message(ID), ...flags]);
    expect([code, stderr]).toEqual([11, expect.stringContaining("(that is EMQX 5's own DynamoDB action)") as string]);
    const note = "note: five-mqtt_msg has key (id HASH): that is EMQX 5's own DynamoDB action, not a table of the backend\n";
    const list = await run(TablesList, ['--all', ...flags]);
    expect(list.stderr.split('note: five-')).toEqual([expect.anything(), expect.anything()]);
    expect(list.stderr).toContain(note);
    const { items } = JSON.parse(list.stdout) as { items: { table: string; variant: string | null }[] };
    const variants = items.filter(({ variant }) => variant !== null).map(({ table }) => table);
    expect([variants, items.map(({ table }) => table)]).toEqual([['five-mqtt_msg'], expect.arrayContaining(['five-users'])]);
    expect((await done(TablesDescribe, ['mqtt_msg', ...flags])).stderr).toContain(note);
    // the key of many a table that is nobody's of ours
    const other = await done(TablesDescribe, ['users', ...flags]);
    expect([JSON.parse(other.stdout), other.stderr]).toMatchObject([
      { variant: null },
      expect.not.stringContaining('EMQX 5') as string,
    ]);
  });
});

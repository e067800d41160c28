import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Delete from '../../src/commands/delete.ts';
import Explain from '../../src/commands/explain.ts';
import Msg from '../../src/commands/msg.ts';
import Pending from '../../src/commands/pending.ts';
import Publish from '../../src/commands/publish.ts';
import Rewind from '../../src/commands/rewind.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { itemFaults } from '../../src/domain/integrity/item-faults.ts';
import { setOf, textOf, type Item } from '../../src/domain/item.ts';
import { TABLES } from '../../src/domain/records/tables.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { runCommand, temporaryFolder, type CommandClass, type RunOptions } from '../harness/run-command.ts';

const NOW = Date.UTC(2026, 10, 28, 12, 0, 0, 250);
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
beforeEach(async () => {
  for (const [table, key] of [
    ['mqtt_msg', 'msgid'],
    ['mqtt_topic_msg_map', 'topic'],
    ['mqtt_retain', 'topic'],
  ] as const) {
    for (const item of await scanAll(dynamo, table))
      await dynamo.call('DeleteItem', { TableName: table, Key: { [key]: item[key]! } });
  }
});

const run = (command: CommandClass, argv: string[], options: RunOptions = {}) =>
  runCommand(command, [...argv, ...target], { now: NOW, ...options });
const publish = (argv: string[], options?: RunOptions) => run(Publish, argv, options);
const stored = async () =>
  Object.fromEntries(await Promise.all(TABLES.map(async (table) => [table, await scanAll(dynamo, table)] as const))) as Record<
    (typeof TABLES)[number],
    Item[]
  >;

describe('publish', () => {
  it('stores the message, its id and what is retained, and prints the id alone', async () => {
    const { code, stdout, stderr } = await publish(['plant/a', 'up', '--retain', '--sender', 's']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('stored in mqtt_msg, mqtt_topic_msg_map, mqtt_retain') as string]);
    const msgid = stdout.trimEnd();
    const item = {
      msgid: { S: msgid },
      topic: { S: 'plant/a' },
      sender: { S: 's' },
      qos: { N: '1' },
      retain: { N: '1' },
      payload: { S: 'up' },
      arrived: { N: String(Math.floor(NOW / 1000)) },
    };
    expect(await stored()).toMatchObject({
      mqtt_msg: [item],
      mqtt_retain: [item],
      mqtt_topic_msg_map: [{ MsgId: { SS: [msgid] } }],
    });
    for (const table of ['mqtt_msg', 'mqtt_retain'] as const) expect(itemFaults(table, item)).toEqual([]);
    const decoded = JSON.parse((await runCommand(Msg, ['--decode', msgid, '--json'])).stdout) as { time: string; node: string };
    expect(decoded).toMatchObject({
      node: '6D7164796E00',
      time: expect.stringMatching(/^2026-11-28T12:00:00\.250\d{3}Z$/) as string,
    });
  });

  it('makes another id for every message, also of one moment', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await publish(['t', 'x'])).stdout));
    expect(new Set(ids).size).toBe(20);
    const { mqtt_msg: messages, mqtt_topic_msg_map: maps } = await stored();
    expect([messages.length, setOf(maps[0]!, 'MsgId').length]).toEqual([20, 20]);
  });

  it.each([
    [['t', 'x', '--qos', '0'], 'QoS 0: the backend stores messages of QoS 1 and 2, and retained ones'],
    [
      ['$SYS/t', 'x'],
      'no rule of on_message_publish matches $SYS/t; # does not match a topic that starts with $ (see mqdyn hooks)',
    ],
    [['$SYS/t', '', '--retain'], 'no rule of on_retain_delete matches $SYS/t'],
  ])('says why nothing is stored: %j', async (argv, why) => {
    const { code, stdout, stderr } = await publish(argv);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`nothing is stored: ${why}`);
    expect((await stored()).mqtt_msg).toEqual([]);
  });

  it('goes by the rules of a configuration', async () => {
    const conf = join(folder.path, 'b.conf');
    const hook = (n: number, hooked: string, rest: string) => `backend.dynamo.hook.${hooked}.${n} = {${rest}, "pool": "p"}`;
    writeFileSync(
      conf,
      [
        `backend.dynamo.p.server = ${engine.endpoint}`,
        hook(1, 'message.publish', '"topic": "plant/#", "action": {"function": "on_message_publish"}'),
        hook(1, 'client.connected', '"action": {"function": "on_subscribe_lookup"}'),
        hook(1, 'session.subscribed', '"topic": "other/#", "action": {"function": "on_message_fetch_for_queue"}'),
        '',
      ].join('\n'),
    );
    expect((await publish(['plant/a', 'x', '--hooks', conf])).code).toBe(0);
    const other = await publish(['else/a', 'x', '--hooks', conf]);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining('no rule of on_message_publish matches else/a') as string,
    ]);
    const retained = await publish(['plant/a', '', '--retain', '--hooks', conf]);
    expect([retained.code, retained.stderr]).toEqual([1, expect.stringContaining('no rule runs on_retain_delete') as string]);
    // the views answer by the same rules
    await run(Subscribe, ['panel-1', 'plant/a', '--qos', '1']);
    const explained = async (argv: string[]) =>
      JSON.parse((await run(Explain, ['panel-1', 'plant/a', '--json', ...argv])).stdout) as { verdict: string };
    expect([await explained([]), await explained(['--hooks', conf])]).toMatchObject([
      { verdict: 'delivered_from_queue' },
      { verdict: 'hook_skips_topic' },
    ]);
    const pending = async (argv: string[]) =>
      (
        JSON.parse((await run(Pending, ['--client', 'panel-1', '--json', ...argv])).stdout) as {
          items: { reason: string | null }[];
        }
      ).items;
    expect([await pending([]), await pending(['--hooks', conf])]).toMatchObject([
      [{ reason: null }],
      [{ reason: 'hook_skips_topic' }],
    ]);
    const walked = await run(Explain, ['panel-1', '--hooks', conf, '--json']);
    expect([walked.code, walked.stdout]).toEqual([1, expect.stringContaining('hook_skips_topic') as string]);
    const refused = await run(Pending, ['--hooks', conf]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--hooks needs --client') as string]);
    // without a target the configuration names one
    const found = await runCommand(Explain, ['panel-1', 'plant/a', '--hooks', conf, '--json'], { now: NOW });
    expect(JSON.parse(found.stdout)).toMatchObject({ verdict: 'hook_skips_topic' });
  });

  it('replaces what is retained, deletes it, and tells what went', async () => {
    const [first] = (await publish(['t', 'one', '--retain', '--qos', '0'])).stdout.split('\n');
    const second = JSON.parse((await publish(['t', 'two', '--retain', '--qos', '0', '--json'])).stdout) as object;
    expect(second).toMatchObject({ stored: ['mqtt_retain'], replaced: { msgid: first, payload: 'one' } });
    const cleared = await publish(['t', '', '--retain', '--json']);
    expect(JSON.parse(cleared.stdout)).toMatchObject({
      msgid: null,
      stored: [],
      deleted: ['mqtt_retain'],
      replaced: { payload: 'two' },
    });
    expect((await stored()).mqtt_retain).toEqual([]);
    expect((await publish(['t', '', '--retain'])).stderr).toContain('nothing was retained');
  });

  it('takes every byte of stdin, and bytes that are not UTF-8 as it is told', async () => {
    expect((await publish(['t', '-'], { stdin: 'line\n' })).code).toBe(0);
    expect((await stored()).mqtt_msg.map(({ payload }) => payload)).toEqual([{ S: 'line\n' }]);
    const bytes = Uint8Array.of(0xff, 0x61);
    const refused = await publish(['t', '-'], { stdin: bytes });
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('payload is not UTF-8; see --binary-payload. Nothing was stored.') as string,
    ]);
    await publish(['u', '-', '--binary-payload', 'binary'], { stdin: bytes });
    await publish(['v', '-', '--binary-payload', 'replace'], { stdin: bytes });
    const byTopic = Object.fromEntries((await stored()).mqtt_msg.map((item) => [textOf(item, 'topic'), item['payload']]));
    expect(byTopic).toMatchObject({ u: { B: '/2E=' }, v: { S: '\ufffda' } });
  });

  it('refuses what no broker would take, and a payload that no item holds', async () => {
    expect((await publish(['a/+', 'x'])).code).toBe(2);
    const large = await publish(['t', '-'], { stdin: 'x'.repeat(409_580) });
    expect([large.code, large.stderr]).toEqual([2, expect.stringContaining('409,600') as string]);
    expect((await publish(['t', '-'], { stdin: 'x'.repeat(409_601) })).code).toBe(2);
    expect((await stored()).mqtt_msg).toEqual([]);
  });

  it('leaves no message behind where the topic has no room for its id', async () => {
    const ids = Array.from({ length: 8_710 }, (_, index) => `${index}`.padStart(47, '0'));
    await dynamo.call('PutItem', { TableName: 'mqtt_topic_msg_map', Item: { topic: { S: 'full' }, MsgId: { SS: ids } } });
    for (let times = 0; times < 4; times += 1) await publish(['full', 'x']);
    const before = (await stored()).mqtt_msg.length;
    const { code, stderr } = await publish(['full', 'x']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/the topic takes no further message: .*Nothing was stored\./) as string,
    ]);
    expect((await stored()).mqtt_msg).toHaveLength(before);
  });
});

describe('one stuck message', () => {
  it('is found, deleted with its id, and taken back whole', async () => {
    const msgid = (await publish(['plant/a', 'stuck'])).stdout.trimEnd();
    const before = await stored();
    const path = join(folder.path, 'undo.jsonl');
    const deleted = await run(Delete, ['messages', msgid]);
    writeFileSync(path, deleted.stdout);
    expect(await stored()).toMatchObject({ mqtt_msg: [], mqtt_topic_msg_map: [{ topic: { S: 'plant/a' } }] });

    const shown = await run(Rewind, [path, '--dry-run', '--json']);
    expect(JSON.parse(shown.stdout)).toEqual({
      items: [
        { table: 'mqtt_msg', key: msgid, sort: null, action: 'put back', why: null },
        { table: 'mqtt_topic_msg_map', key: 'plant/a', sort: null, action: 'ids added', why: null },
      ],
      count: 2,
    });
    expect(readFileSync(path, 'utf8')).toBe(deleted.stdout);
    const asked = await run(Rewind, [path]);
    expect([asked.code, asked.stderr]).toEqual([11, expect.stringContaining('taking changes back needs --yes') as string]);
    expect((await stored()).mqtt_msg).toEqual([]);
    const { code, stdout } = await run(Rewind, [path, '--yes', '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([0, { items: [], count: 0, takenBack: 2, left: 0 }]);
    expect(await stored()).toEqual(before);
    const again = await run(Rewind, [path, '--yes']);
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('nothing to take back') as string]);
  });

  it('is not put over one that is there again, and the rest is taken back', async () => {
    const msgid = (await publish(['plant/a', 'stuck', '--retain'])).stdout.trimEnd();
    const path = join(folder.path, 'retained.jsonl');
    writeFileSync(path, (await run(Delete, ['retained', 'plant/a'])).stdout);
    await publish(['plant/a', 'newer', '--retain', '--qos', '0']);
    const { code, stdout } = await run(Rewind, [path, '--yes', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      3,
      { items: [{ key: 'plant/a', why: 'the item has changed meanwhile' }], left: 1 },
    ]);
    expect((await stored()).mqtt_retain.map(({ payload }) => payload)).toEqual([{ S: 'newer' }]);
    expect(msgid).not.toBe('');
  });

  it('is refused where the journal, or a table that consent names, is another', async () => {
    const path = join(folder.path, 'far.jsonl');
    writeFileSync(path, '{"journal":1}\n{"table":"mqtt_retain","Item":{"topic":{"S":"t"}}}\n', { mode: 0o600 });
    const foreign = await run(Rewind, [path, '--yes', '--confirm', 'mqtt_sub']);
    expect([foreign.code, foreign.stderr]).toEqual([
      2,
      expect.stringContaining('--confirm mqtt_sub: the journal changes no such table') as string,
    ]);
    const none = await run(Rewind, [join(folder.path, 'none.jsonl'), '--yes']);
    expect([none.code, none.stderr]).toEqual([4, expect.stringContaining('does not exist') as string]);
  });
});

import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Purge from '../../src/commands/purge.ts';
import { n, s, setOf, textOf, type Item } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { loadPurgeCheckpoint } from '../../src/files/purge-checkpoint.ts';
import { everything, refillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { DAY, idAt, message, takenBack } from '../harness/purge-run.ts';
import { runCommand, temporaryFolder, type RunOptions } from '../harness/run-command.ts';

const NOW = Date.UTC(2024, 4, 4, 9, 15);
const OLD = NOW - 40 * DAY;

let engine: MemoryEngine;
let dynamo: Dynamo;
beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});

let folder: { path: string; remove(): void };
let journal: string;
let checkpoint: string;
beforeEach(async () => {
  folder = temporaryFolder();
  journal = join(folder.path, 'j.journal');
  checkpoint = join(folder.path, 'c.checkpoint');
  await refillTables(dynamo, rows());
  return () => folder.remove();
});

const old = Array.from({ length: 120 }, (_, index) => idAt(OLD, BigInt(index)));
const fresh = [idAt(NOW - DAY, 1n), idAt(NOW - DAY, 2n)];
const client = (clientid: string, state: number, offlineAt: number): Item => ({
  clientid: s(clientid),
  connect_state: n(state),
  node: s('emqx@1'),
  online_at: n(OLD),
  offline_at: n(offlineAt),
});

/** A topic with 120 old messages of 2,000 bytes and 2 new ones, 2 ids without a message, 3 messages that no map lists. */
const rows = () => ({
  mqtt_msg: [
    ...[...old, ...fresh].map((id) => message(id, 'plant/a', { payload: s('x'.repeat(2_000)) })),
    ...[200, 201].map((tail) => message(idAt(OLD, BigInt(tail)), 'plant/b', { sender: s('sensor-2') })),
    message(idAt(NOW - 1_000), 'plant/b'),
  ],
  mqtt_topic_msg_map: [{ topic: s('plant/a'), MsgId: { SS: [...old, ...fresh, idAt(OLD, 300n), idAt(OLD, 301n)] } }],
  mqtt_retain: [message(idAt(OLD), 'r/1', { arrived: n(OLD) }), message(idAt(NOW), 'r/2', { arrived: n(NOW) })],
  mqtt_client: [client('gone', 0, OLD), client('just', 0, NOW), client('here', 1, 0)],
  mqtt_acked: [{ topic: s('plant/a'), clientid: s('p'), msgid: s(old[0]!) }],
});

const run = (args: string[], options: RunOptions = {}) =>
  runCommand(Purge, [...args, '--endpoint-url', engine.endpoint, '--journal', journal, '--checkpoint', checkpoint], {
    now: NOW,
    ...options,
  });
const done = async (args: string[]) => {
  const { code, stdout, stderr } = await run([...args, '--json']);
  expect([code, stderr]).toEqual([0, stderr]);
  return JSON.parse(stdout) as { items: Record<string, unknown>[]; finished?: boolean };
};

describe('purge without --yes', () => {
  it('says how much would go, what that costs and how long it takes, and deletes nothing', async () => {
    const before = await everything(dynamo);
    const { items } = await done(['messages', '--older-than', '30d', '--max-wcu', '5']);
    // 124 ids of 47 bytes and the rest of the item are 6 KB; each message of 2.1 KB is 3 units
    expect(items).toMatchObject([
      { table: 'mqtt_topic_msg_map', selected: 122, bytes: 122 * 47, writeUnits: 6, seconds: 2, examples: ['plant/a 122 ids'] },
      { table: 'mqtt_msg', selected: 122, writeUnits: 120 * 3 + 2, seconds: 73 },
    ]);
    const { stdout, stderr } = await run(['messages', '--older-than', '30d', '--max-wcu', '5']);
    expect(stdout).toContain('mqtt_msg');
    expect(stderr).toContain('nothing was deleted: that takes --yes\n');
    expect(await everything(dynamo)).toEqual(before);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it.each<[string[], number[]]>([
    [
      ['messages', '--client', 'sensor-2'],
      [0, 2],
    ],
    [
      ['messages', '--topic', 'plant/b'],
      [0, 3],
    ],
    [
      ['messages', '--everything'],
      [124, 125],
    ],
    [['retained', '--older-than', '30d'], [1]],
    [['clients', '--offline'], [2]],
    [['clients', '--older-than', '30d'], [1]],
    [['clients', '--client', 'here'], [1]],
    [['acks', '--topic', 'plant/+'], [1]],
    [['acks', '--topic', 'plant/a', '--client', 'q'], [0]],
  ])('%j selects %j', async (args, selected) => {
    expect((await done(args)).items.map((item) => item['selected'])).toEqual(selected);
  });

  it.each([
    ['retained'],
    ['clients', '--topic', 'a'],
    ['everything', '--everything'],
    ['messages', '--everything', '--resume'],
    ['messages', '--everything', '--confirm', 'mqtt_msg'],
    ['messages', '--topic', 'a/#/b'],
  ])('%j %j %j is a usage error before anything is read', async (...args) => {
    const { code } = await runCommand(Purge, [...args, '--endpoint-url', 'http://127.0.0.1:1']);
    expect(code).toBe(2);
  });
});

describe('purge --yes', () => {
  it('takes ids and messages together, in one update a topic, and keeps what it takes', async () => {
    const before = await everything(dynamo);
    const { items, ...totals } = await done(['messages', '--older-than', '30d', '--yes']);
    expect(items).toEqual([
      { table: 'mqtt_topic_msg_map', selected: 122, deleted: 122, changedMeanwhile: 0, recent: 0 },
      { table: 'mqtt_msg', selected: 122, deleted: 122, changedMeanwhile: 0, recent: 0 },
    ]);
    expect(totals).toMatchObject({ journal, checkpoint: null, finished: true });
    expect((await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'msgid')!).sort()).toEqual(
      [...fresh, idAt(NOW - 1_000)].sort(),
    );
    expect((await scanAll(dynamo, 'mqtt_topic_msg_map')).map((item) => setOf(item, 'MsgId').toSorted())).toEqual([
      fresh.toSorted(),
    ]);
    expect(readdirSync(folder.path)).toEqual(['j.journal']);
    expect(statSync(journal).mode & 0o777).toBe(0o600);
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
    expect(lines.filter((line) => line.includes('"taken"'))).toHaveLength(1);
    expect(await takenBack(dynamo, journal)).toEqual([]);
    expect(await everything(dynamo)).toEqual(before);
  });

  it('leaves a message that no map lists as long as a broker may be about to list it', async () => {
    const { stderr } = await run(['messages', '--everything', '--yes']);
    expect(stderr).toContain('1 left: no map lists them, and they are less than ten minutes old\n');
    expect((await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'msgid'))).toEqual([idAt(NOW - 1_000)]);
    expect(
      (
        await runCommand(
          Purge,
          [
            'messages',
            '--everything',
            '--yes',
            '--endpoint-url',
            engine.endpoint,
            '--journal',
            journal,
            '--checkpoint',
            checkpoint,
          ],
          { now: NOW + 700_000 },
        )
      ).code,
    ).toBe(0);
    expect(await scanAll(dynamo, 'mqtt_msg')).toEqual([]);
  });

  it.each<[string[], string, string[]]>([
    [['retained', '--older-than', '30d'], 'mqtt_retain', ['r/2']],
    [['clients', '--older-than', '30d'], 'mqtt_client', ['here', 'just']],
    [['clients', '--offline'], 'mqtt_client', ['here']],
    [['clients', '--client', 'here'], 'mqtt_client', ['gone', 'just']],
    [['acks', '--client', 'p'], 'mqtt_acked', []],
  ])('%j leaves in %s %j', async (args, table, left) => {
    const before = await everything(dynamo);
    await done([...args, '--yes']);
    const names = (await scanAll(dynamo, table)).map((item) => textOf(item, table === 'mqtt_client' ? 'clientid' : 'topic')!);
    expect(names.sort()).toEqual(left);
    expect(await takenBack(dynamo, journal)).toEqual([]);
    expect(await everything(dynamo)).toEqual(before);
  });

  it('with nothing to take leaves no file', async () => {
    const { items, ...totals } = await done(['messages', '--topic', 'none', '--yes']);
    expect([items[0]!['deleted'], totals]).toEqual([
      0,
      { count: 2, consumedCapacity: 0, journal: null, checkpoint: null, finished: true },
    ]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('away from loopback needs every table by name', async () => {
    const target = ['--endpoint-url', 'https://mqdyn.invalid', '--region', 'x', '--journal', journal, '--checkpoint', checkpoint];
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const { code, stderr } = await runCommand(Purge, ['messages', '--everything', '--yes', '--confirm', 'mqtt_msg', ...target], {
      env,
    });
    expect([code, stderr]).toEqual([
      11,
      expect.stringContaining('deleting from tables here needs --confirm mqtt_topic_msg_map. Nothing was deleted.') as string,
    ]);
    const foreign = await runCommand(Purge, ['retained', '--everything', '--yes', '--confirm', 'mqtt_msg', ...target], { env });
    expect([foreign.code, foreign.stderr]).toEqual([
      2,
      expect.stringContaining('--confirm mqtt_msg: not one of the tables') as string,
    ]);
  });
});

describe('purge that stops before its end', () => {
  const stopEarly = async () => {
    const { code, stdout, stderr } = await run([
      'messages',
      '--older-than',
      '30d',
      '--yes',
      '--max-wcu',
      '20',
      '--run-time',
      '500ms',
      '--json',
    ]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('run the same command with --resume to go on') as string]);
    expect(JSON.parse(stdout)).toMatchObject({ finished: false, checkpoint });
  };

  it('at the end of its time goes on with --resume, from the same moment', async () => {
    await stopEarly();
    const state = await loadPurgeCheckpoint(checkpoint);
    expect(state).toMatchObject({ startedAt: NOW, selection: { kind: 'messages', olderThanMs: 30 * DAY } });
    expect(statSync(checkpoint).mode & 0o777).toBe(0o600);
    // 35 days later everything would be old enough
    const later = await run(['messages', '--older-than', '30d', '--yes', '--resume', '--json'], { now: NOW + 35 * DAY });
    expect([later.code, JSON.parse(later.stdout)]).toMatchObject([0, { finished: true, checkpoint: null }]);
    expect(existsSync(checkpoint)).toBe(false);
    expect((await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'msgid')!).sort()).toEqual(
      [...fresh, idAt(NOW - 1_000)].sort(),
    );
  });

  it('is not begun anew without a word, nor gone on with by another one', async () => {
    await stopEarly();
    const before = await everything(dynamo);
    const refusals: [string[], string][] = [
      [['messages', '--older-than', '30d', '--yes'], 'E_UNFINISHED: an earlier purge of messages --older-than 2592000s stopped'],
      [['messages', '--older-than', '20d', '--yes', '--resume'], 'E_MISMATCH: the checkpoint'],
      [['messages', '--everything', '--yes', '--resume'], 'this run is for messages --everything'],
      [['retained', '--everything', '--yes', '--resume'], 'E_MISMATCH'],
    ];
    for (const [args, says] of refusals) {
      const { code, stderr } = await run(args);
      expect([args, code, stderr]).toEqual([args, 11, expect.stringContaining(says) as string]);
    }
    expect(await everything(dynamo)).toEqual(before);
    expect((await run(['messages', '--older-than', '30d', '--yes', '--restart'])).code).toBe(0);
  });

  it('is not gone on with where its journal or its checkpoint is damaged', async () => {
    await stopEarly();
    const text = readFileSync(journal, 'utf8');
    writeFileSync(journal, '');
    const lost = await run(['messages', '--older-than', '30d', '--yes', '--resume']);
    expect([lost.code, lost.stderr]).toEqual([11, expect.stringContaining('is shorter than the checkpoint says') as string]);
    writeFileSync(journal, text);
    writeFileSync(checkpoint, readFileSync(checkpoint, 'utf8').replace('"listed"', '"unlisted"'));
    const damaged = await run(['messages', '--older-than', '30d', '--yes', '--resume']);
    expect([damaged.code, damaged.stderr]).toEqual([4, expect.stringContaining('E_CHECKPOINT') as string]);
  });
});

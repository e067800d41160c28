import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Import from '../../src/commands/import.ts';
import Purge from '../../src/commands/purge.ts';
import Scan from '../../src/commands/scan.ts';
import { n, s, type Item } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { Journal } from '../../src/files/journal.ts';
import { awsExport } from '../harness/aws-export.ts';
import { canonical, emptyTables, everything, fillTables, refillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { DAY, idAt, message } from '../harness/purge-run.ts';
import { runCommand, temporaryFolder, type RunOptions } from '../harness/run-command.ts';

const NOW = Date.UTC(2024, 4, 4, 9, 15);
const OLD = NOW - 40 * DAY;

let engine: MemoryEngine;
let dynamo: Dynamo;
let folder: { path: string; remove(): void };
const at = (name: string) => join(folder.path, name);

beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});
beforeEach(async () => {
  folder = temporaryFolder();
  await emptyTables(dynamo);
  return () => folder.remove();
});

const run = (args: string[], options: RunOptions = {}) => {
  const own = args[0] === '-' ? [] : ['--checkpoint', at('c.checkpoint')];
  const files = ['--rejects', at('rejects.jsonl'), ...own];
  return runCommand(Import, [...args, '--endpoint-url', engine.endpoint, ...files], { now: NOW, ...options });
};

const done = async (args: string[], options: RunOptions = {}) => {
  const { code, stdout, stderr } = await run([...args, '--json'], options);
  expect([code, stderr]).toEqual([0, stderr]);
  return JSON.parse(stdout) as { items: Record<string, unknown>[]; [total: string]: unknown };
};

const refused = async (args: string[], code: number, told: RegExp, options: RunOptions = {}) => {
  const before = await everything(dynamo);
  const ended = await run(args, options);
  expect(ended.stderr).toMatch(told);
  expect(ended.code).toBe(code);
  expect(await everything(dynamo)).toEqual(before);
};

const retained = (topic: string, more: Item = {}) => message(idAt(NOW), topic, { retain: n(1), ...more });
const texts = (items: readonly Item[]) => items.map(canonical).sort();
const lines = (items: readonly Item[]) => items.map((item) => `${JSON.stringify({ Item: item })}\n`).join('');
const subs = [1, 2, 3].map((each) => ({ clientid: s(`c${each}`), topic: s('#'), qos: n(1) }));

describe('import of what DynamoDB exports', () => {
  it('takes a full export, under the name that stands behind a prefix', async () => {
    awsExport(at('aws'), { table: 'prod_mqtt_sub', lines: subs.map((Item) => ({ Item })) });
    const { stderr } = await run([at('aws')]);
    expect(stderr).toContain('note: prod_mqtt_sub is imported as mqtt_sub');
    expect(texts(await scanAll(dynamo, 'mqtt_sub'))).toEqual(texts(subs));
  });

  it('takes the four shapes of an incremental one, with old images and without', async () => {
    const metadata = { WriteTimestampMicros: { N: '1691548234567890' } };
    const [insert, update, gone, untouched] = ['insert', 'update', 'gone', 'untouched'].map((topic) => retained(topic));
    const after = retained('update', { payload: s('new') });
    const change = (item: Item, images: object) => ({ Metadata: metadata, Keys: { topic: item['topic'] }, ...images });
    for (const view of ['NEW_AND_OLD_IMAGES', 'NEW_IMAGE'] as const) {
      const old = (item: Item) => (view === 'NEW_IMAGE' ? {} : { OldImage: item });
      awsExport(at(view), {
        table: 'mqtt_retain',
        view,
        lines: [
          change(insert!, { NewImage: insert }),
          change(update!, { ...old(update!), NewImage: after }),
          change(gone!, old(gone!)),
          change(retained('never'), { ...old(retained('never')), NewImage: {} }),
        ],
      });
      await refillTables(dynamo, { mqtt_retain: [update!, gone!, untouched!] });
      await refused([at(view)], 11, /E_NOT_EMPTY: mqtt_retain has items/);
      expect(await done([at(view), '--merge', '--restart'])).toMatchObject({ read: 4, applied: 4 });
      expect(texts(await scanAll(dynamo, 'mqtt_retain'))).toEqual(texts([insert!, after, untouched!]));
    }
  });

  it('refuses one of a table with other keys', async () => {
    const Metadata = { WriteTimestampMicros: { N: '1' } };
    awsExport(at('aws'), { table: 'mqtt_sub', view: 'NEW_IMAGE', lines: [{ Metadata, Keys: { id: s('a') } }] });
    await refused(
      [at('aws'), '--merge'],
      11,
      /E_SCHEMA_CONFLICT: mqtt_sub has key \(clientid HASH, topic RANGE\), the source has \(id\)/,
    );
  });

  it('refuses another format, and two exports of one table', async () => {
    awsExport(at('ion'), { table: 'mqtt_sub', lines: [], format: 'ION' });
    await refused([at('ion')], 4, /E_FORMAT: .* is of an export in the format "ION"/);
    awsExport(at('both/one'), { table: 'a_mqtt_sub', lines: [] });
    awsExport(at('both/two'), { table: 'b_mqtt_sub', lines: [] });
    await refused([at('both')], 4, /E_INPUT: the folder has several exports that are imported as mqtt_sub/);
  });

  it('refuses a line without the key of the table that it goes into', async () => {
    awsExport(at('aws'), { table: 'mqtt_sub', lines: [{ Item: subs[0] }, { Item: { clientid: s('x') } }], files: 1 });
    await refused([at('aws')], 4, /E_DUMP: .*: line 2 has no topic, which is a part of the key/);
  });
});

describe('import of lines of items', () => {
  it('takes what scan prints, from stdin', async () => {
    await fillTables(dynamo, { mqtt_sub: subs });
    const scan = await runCommand(Scan, ['mqtt_sub', '--format', 'ddb-json', '--endpoint-url', engine.endpoint]);
    await emptyTables(dynamo);
    expect(await done(['-', 'mqtt_sub'], { stdin: scan.stdout })).toMatchObject({ read: 3, applied: 3, checkpoint: null });
    expect(texts(await scanAll(dynamo, 'mqtt_sub'))).toEqual(texts(subs));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('takes a file, also a gzipped one; the last of several lines of one key counts', async () => {
    const later = { ...subs[0]!, qos: n(2) };
    writeFileSync(at('items.jsonl.gz'), gzipSync(lines([...subs, later])));
    expect(await done([at('items.jsonl.gz'), 'mqtt_sub'])).toMatchObject({ read: 4, applied: 3, superseded: 1 });
    expect(texts(await scanAll(dynamo, 'mqtt_sub'))).toEqual(texts([later, subs[1]!, subs[2]!]));
  });

  it('creates a missing table from its schema file', async () => {
    writeFileSync(at('items.jsonl'), lines(subs));
    await done([at('items.jsonl'), 'mqtt_sub', '--table-prefix', 'made-', '--create']);
    expect(texts(await scanAll(dynamo, 'made-mqtt_sub'))).toEqual(texts(subs));
    await refused(
      [at('items.jsonl'), 'unheard_of', '--create'],
      4,
      /E_NO_TABLE: unheard_of not found .* Nothing tells its schema/,
    );
  });

  it.each([
    ['not JSON', `${lines(subs)}{"Item":\n`, 'line 4 is not JSON'],
    ['no item', `${lines(subs)}{"clientid":"c"}\n`, 'line 4 has no Item'],
    ['a wrong value', '{"Item":{"clientid":{"S":1}}}\n', 'line 1 Item'],
    ['no key', '{"Item":{"clientid":{"S":"c"}}}\n', 'line 1 has no topic'],
    ['an empty key', '{"Item":{"clientid":{"S":""},"topic":{"S":"a"}}}\n', 'line 1 has an empty key clientid'],
    [
      'no UTF-8',
      Buffer.concat([Buffer.from('{"Item":{"clientid":{"S":"'), Buffer.from([0xff]), Buffer.from('"}}}\n')]),
      'line 1',
    ],
    ['nothing', '', 'there is no item in'],
    ['a cut gzip', gzipSync(lines(subs)).subarray(0, 30), 'damaged'],
  ])('refuses %s by file and line, and writes nothing', async (_name, content, told) => {
    writeFileSync(at('items'), content);
    await refused([at('items'), 'mqtt_sub', '--merge'], 4, new RegExp(`E_INPUT: ${at('items')}.*${told}|E_INPUT: ${told}`));
    await refused(['-', 'mqtt_sub', '--merge'], 4, new RegExp('E_INPUT: '), { stdin: content });
  });

  it('needs one table, and names the one that was meant', async () => {
    writeFileSync(at('items'), lines(subs));
    await refused([at('items')], 2, /holds items of one table: name the table that they go into/);
    await refused([at('items'), 'mqtt_sub', 'mqtt_msg'], 2, /holds items of one table/);
    await refused([at('items'), 'mqtt_subb'], 4, /E_NO_TABLE/);
    await refused([at('nothing'), 'mqtt_sub'], 4, /E_INPUT: .*nothing does not exist/);
    await refused(['-', 'mqtt_sub', '--resume'], 2, /a pipe cannot be read again/, { stdin: lines(subs) });
  });

  it('names what DynamoDB refuses, with exit 3, and stores the rest', async () => {
    const large = { ...subs[0]!, more: s('x'.repeat(500_000)) };
    writeFileSync(at('items'), lines([subs[1]!, large, subs[2]!]));
    const { code, stdout, stderr } = await run([at('items'), 'mqtt_sub', '--json']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('1 rejected; see the reasons in')]);
    expect(JSON.parse(stdout)).toMatchObject({ read: 3, applied: 2, rejected: 1 });
    const [reject, ...others] = readFileSync(at('rejects.jsonl'), 'utf8').trim().split('\n');
    expect(others).toEqual([]);
    expect(JSON.parse(reject!)).toMatchObject({ file: at('items'), line: 2, reason: 'refused', table: 'mqtt_sub' });
    expect(texts(await scanAll(dynamo, 'mqtt_sub'))).toEqual(texts([subs[1]!, subs[2]!]));
    await refused([at('items'), 'mqtt_sub', '--merge', '--max-rejects', '0'], 3, /E_TOO_MANY_REJECTS/);
  });

  it('writes nothing when it is interrupted before all of stdin was read', async () => {
    const stdin = new PassThrough();
    let stop: ((signal: 'SIGINT') => void) | undefined;
    stdin.write(lines(subs));
    const ended = run(['-', 'mqtt_sub'], {
      terminal: stdin,
      onSignal: (listener) => {
        stop = listener as never;
        return () => undefined;
      },
    });
    setTimeout(() => stop?.('SIGINT'), 50);
    expect((await ended).raised).toBe('SIGINT');
    expect(await scanAll(dynamo, 'mqtt_sub')).toEqual([]);
  });
});

describe('import of a journal', () => {
  const old = Array.from({ length: 30 }, (_, index) => idAt(OLD, BigInt(index)));
  const fresh = idAt(NOW - DAY, 1n);
  const rows = () => ({
    mqtt_msg: [...old, fresh].map((id) => message(id, 'plant/a')),
    mqtt_topic_msg_map: [{ topic: s('plant/a'), MsgId: { SS: [...old, fresh] } }],
    mqtt_retain: [message(idAt(OLD), 'r/1', { arrived: n(OLD) })],
  });

  it('brings back what purge took away, also from stdin, and keeps what came since', async () => {
    await fillTables(dynamo, rows());
    const before = await everything(dynamo);
    const purge = (kind: string) =>
      runCommand(
        Purge,
        [kind, '--older-than', '30d', '--yes', '--endpoint-url', engine.endpoint, '--journal', at('j'), '--checkpoint', at('p')],
        { now: NOW },
      );
    expect((await purge('messages')).code).toBe(0);
    expect((await purge('retained')).code).toBe(0);
    const purged = await everything(dynamo);
    expect(purged).toHaveLength(2);
    await refused([at('j')], 11, /E_NOT_EMPTY/);
    expect(await done([at('j'), '--merge'])).toMatchObject({ read: 32, applied: 32, skipped: 0 });
    expect(await everything(dynamo)).toEqual(before);

    await refillTables(dynamo, { mqtt_topic_msg_map: [{ topic: s('plant/a'), MsgId: { SS: [fresh, 'later'] } }] });
    await done(['-', 'mqtt_topic_msg_map', '--merge'], { stdin: gzipSync(readFileSync(at('j'))) });
    const [row] = await scanAll(dynamo, 'mqtt_topic_msg_map');
    expect(canonical(row!)).toBe(canonical({ topic: s('plant/a'), MsgId: { SS: [...old, fresh, 'later'] } }));
    expect(await scanAll(dynamo, 'mqtt_msg')).toEqual([]);
  });

  it('takes the first state of an item, counts what only rewind takes back, and leaves out what was rewound', async () => {
    const journal = await Journal.open(at('j'), { command: 'purge', target: 'x', at: 'now' });
    const item = (text: string) => message(old[0]!, 'a', { payload: s(text) });
    await journal.append([{ kind: 'item', table: 'mqtt_msg', before: item('first'), after: item('second') }]);
    await journal.append([{ kind: 'item', table: 'mqtt_msg', before: item('second'), after: undefined }]);
    await journal.append([{ kind: 'item', table: 'mqtt_msg', before: undefined, after: message(old[1]!, 'made') }]);
    await journal.append([{ kind: 'add-ids', table: 'mqtt_topic_msg_map', topic: 'a', ids: [old[2]!] }]);
    const { size } = journal;
    await journal.append([{ kind: 'item', table: 'mqtt_msg', before: message(old[3]!, 'rewound'), after: undefined }]);
    await journal.markRewound(size);
    await journal.close();
    expect(await done([at('j')])).toMatchObject({ read: 4, applied: 1, superseded: 1, skipped: 2 });
    expect(await everything(dynamo)).toEqual([`mqtt_msg ${canonical(item('first'))}`]);
    const { stderr } = await run([at('j'), '--merge']);
    expect(stderr).toContain('skipped: changes that only rewind takes back');
  });

  it('refuses a damaged one by its line, but for a last line that was not written whole', async () => {
    const journal = await Journal.open(at('j'), { command: 'purge', target: 'x', at: 'now' });
    await journal.append([{ kind: 'item', table: 'mqtt_msg', before: message(old[0]!, 'a'), after: undefined }]);
    await journal.close();
    const whole = readFileSync(at('j'), 'utf8');
    writeFileSync(at('j'), `${whole}{"table":"mqtt_msg","Item":{"msg`);
    expect(await done([at('j')])).toMatchObject({ read: 1, applied: 1 });
    for (const [line, told] of [
      ['{"table":"mqtt_msg","Item":{"msgid":{"S":1}}}', 'line 3 Item'],
      ['{"table":"mqtt_msg","Item":{"topic":{"S":"a"}}}', 'line 3 has no msgid'],
      ['{"table":"mqtt_nothing"}', 'line 3 is not of a journal'],
      ['', 'line 3 is blank'],
    ] as const) {
      writeFileSync(at('j'), `${whole}${line}\n${whole}`);
      await refused([at('j'), '--merge'], 4, new RegExp(`E_INPUT: .*${told}`));
    }
  });
});

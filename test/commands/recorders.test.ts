import { writeFileSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Query from '../../src/commands/query.ts';
import Replay from '../../src/commands/replay.ts';
import Scan from '../../src/commands/scan.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import { local, runCommand, temporaryFolder } from '../harness/run-command.ts';

const folder = temporaryFolder();
const target = local(join(folder.path, 'data'));
afterAll(() => folder.remove());
beforeAll(async () => {
  await runCommand(TablesCreate, target);
});

type Row = Record<string, string | number>;

const asLines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** Replays what comes on stdin; the summary, what is said besides, and the exit code. */
async function pipe(records: readonly object[], ...flags: string[]) {
  const rejects = ['--rejects', join(folder.path, 'rejects.jsonl')];
  const { code, stderr } = await runCommand(Replay, ['-', ...rejects, ...flags, ...target], { stdin: asLines(records) });
  const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('endpoint '));
  return {
    code,
    summary: said.find((line) => line.startsWith('read ')),
    notes: said.filter((line) => line.startsWith('note: ')),
  };
}

async function rows(table: string): Promise<Row[]> {
  const { stdout } = await runCommand(Scan, [table, '--format', 'jsonl', ...target]);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]));
}

describe('records without a time', () => {
  const RECORDS = [
    { topic: 'untimed/a', payload: 'x', packet: { qos: 1, retain: false, messageId: 1 } },
    { topic: 'untimed/b', payload: 'x', packet: { qos: 2, retain: false, messageId: 2 } },
    { rpc: 'OnClientConnected', clientinfo: { clientid: 'untimed-exhook', node: 'n' } },
    { action: 'client_disconnected', clientid: 'untimed-webhook', reason: 'normal' },
  ];

  it('get the time of reading on stdin, with one notice (fault 24)', async () => {
    const before = Date.now();
    const result = await pipe(RECORDS, '--time-unit', 'ms');
    expect(result).toMatchObject({ code: 0, summary: 'read 4 = applied 4 + superseded 0 + skipped 0 + rejected 0' });
    expect(result.notes.filter((note) => note.includes('time'))).toEqual([
      'note: records without a time get the time at which they are read',
    ]);
    const messages = (await rows('mqtt_msg')).filter(({ topic }) => String(topic).startsWith('untimed/'));
    const clients = (await rows('mqtt_client')).filter(({ clientid }) => String(clientid).startsWith('untimed-'));
    const times = [...messages.map(({ arrived }) => arrived), ...clients.flatMap((row) => [row['online_at'], row['offline_at']])];
    expect([messages.length, clients.length]).toEqual([2, 2]);
    const told = times.flatMap((time) => (time === undefined || time === 0 ? [] : [Number(time)]));
    expect(told).toHaveLength(4);
    for (const time of told) {
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
  });

  it('are rejected in the shards of a pipe, which would each make another id (fault 24)', async () => {
    const { code, summary } = await pipe(
      [{ tst: 1, topic: 't', qos: 1, retain: 0, payload: 'x' }, RECORDS[0]!],
      '--shard',
      '1/1',
    );
    expect([code, summary]).toEqual([3, 'read 2 = applied 1 + superseded 0 + skipped 0 + rejected 1']);
  });

  it('get the time of their file otherwise, with a notice (fault 24)', async () => {
    const file = join(folder.path, 'untimed.jsonl');
    writeFileSync(file, asLines([{ rpc: 'OnClientConnected', clientinfo: { clientid: 'of-a-file', node: 'n' } }]));
    await utimes(file, 1_714_727_730, 1_714_727_730);
    const { stderr } = await runCommand(Replay, [file, '--checkpoint', `${file}.checkpoint`, ...target]);
    expect(stderr).toContain("note: records without a time get the time of the recording's file\n");
    const { stdout } = await runCommand(Query, ['mqtt_client', 'of-a-file', '--format', 'jsonl', ...target]);
    expect(JSON.parse(stdout)).toMatchObject({ online_at: 1_714_727_730 });
  });
});

describe('a recorder that is started again', () => {
  const OLD = { topic: 'again/state', qos: 1, retain: 1, payload: 'up' };
  const waiting = async () => (await rows('mqtt_msg')).filter(({ topic }) => topic === OLD.topic).length;
  let start = 1_714_727_731;
  const recorded = () => [
    { tst: (start += 10), ...OLD },
    { tst: start, topic: 'again/temp', qos: 1, retain: 0, payload: String(start) },
  ];

  it('records retained messages again, with a notice (fault 27)', async () => {
    expect((await pipe(recorded())).notes).toEqual([
      'note: retained messages arrive again whenever the recorder starts; --retained-as-old skip leaves them out',
    ]);
    expect(await waiting()).toBe(1);
    await pipe(recorded(), '--retained-as-old', 'store');
    expect(await waiting()).toBe(2);
  });

  it('leaves them out with --retained-as-old skip (fault 27)', async () => {
    const before = await waiting();
    const { code, summary, notes } = await pipe(recorded(), '--retained-as-old', 'skip');
    expect([code, summary, notes]).toEqual([0, 'read 2 = applied 1 + superseded 0 + skipped 1 + rejected 0', []]);
    expect(await waiting()).toBe(before);
  });

  it('accepts no other value (fault 27)', async () => {
    expect((await pipe(recorded(), '--retained-as-old', 'keep')).code).toBe(2);
  });
});

describe('a recording in which every message came with QoS 0', () => {
  let records: object[];
  beforeEach(() => {
    records = [1, 2].map((tst) => ({ tst, topic: 'q/0', qos: 0, retain: 0, payload: 'x' }));
  });
  const hints = async (...flags: string[]) => (await pipe(records, ...flags)).notes.filter((note) => note.includes('-q 2'));

  it('gets a hint', async () => {
    expect(await hints()).toEqual([
      'note: all 2 messages received have QoS 0, and on_message_publish does not store QoS 0; ' +
        "subscribe with -q 2 to record the publisher's QoS",
    ]);
    expect(await hints('--dry-run')).toHaveLength(1);
  });

  it('gets none where --only or --topic selects other records, or where a message had a higher QoS (fault 34)', async () => {
    expect(await hints('--only', 'on_message_retain')).toEqual([]);
    expect(await hints('--topic', 'other/#')).toEqual([]);
    records.push({ tst: 3, topic: 'q/1', qos: 1, retain: 0, payload: 'x' });
    expect(await hints()).toEqual([]);
  });

  it('gets none when a broker recorded it (fault 34)', async () => {
    records = [{ event: 'message.publish', topic: 't', qos: 0, payload: 'x', clientid: 'c', publish_received_at: 1 }];
    expect(await hints()).toEqual([]);
  });
});

import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Clients from '../../src/commands/clients.ts';
import Explain from '../../src/commands/explain.ts';
import Msg from '../../src/commands/msg.ts';
import Pending from '../../src/commands/pending.ts';
import Retained from '../../src/commands/retained.ts';
import Stats from '../../src/commands/stats.ts';
import Subs from '../../src/commands/subs.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import Topics from '../../src/commands/topics.ts';
import { startEmbeddedEngine, type EmbeddedEngine } from '../../src/dynamo/embedded-engine.ts';
import {
  local,
  runCommand,
  temporaryFolder,
  type CommandClass,
  type RunOptions,
  type RunResult,
} from '../harness/run-command.ts';
import { IDS, NOW, seed } from '../harness/seed-data.ts';

const folder = temporaryFolder();
const empty = temporaryFolder();
const none = temporaryFolder();
let engine: EmbeddedEngine;

beforeAll(async () => {
  for (const { path } of [folder, empty]) await runCommand(TablesCreate, local(path));
  await seed(folder.path);
  // one engine for all runs: each would start one of its own
  engine = await startEmbeddedEngine(join(folder.path, 'dynamodb'));
});
afterAll(async () => {
  await engine.close();
  for (const each of [folder, empty, none]) each.remove();
});

const targetOf = (path: string) => (path === folder.path ? ['--endpoint-url', engine.endpoint] : local(path));

/** Every view with what it is asked for; the name is that of its golden files. */
const VIEWS: readonly (readonly [string, CommandClass, string[]])[] = [
  ['clients', Clients, []],
  ['clients-online', Clients, ['--online', '--node', 'emqx@10.0.0.6']],
  ['clients-stale', Clients, ['--offline', '--stale', '2d']],
  ['clients-one', Clients, ['panel-1']],
  ['clients-odd', Clients, ['odd']],
  ['clients-unknown', Clients, ['nobody']],
  ['subs', Subs, []],
  ['subs-matching', Subs, ['--matching', 'plant/a/temp']],
  ['topics', Topics, []],
  ['topics-depth', Topics, ['--depth', '2', '--sort', 'bytes']],
  ['topics-filter', Topics, ['plant/+/temp', '--sort', 'age']],
  ['topics-one', Topics, ['plant/a/temp']],
  ['retained', Retained, []],
  ['retained-filter', Retained, ['plant/#', '--older-than', '5d']],
  ['retained-one', Retained, ['plant/a/state']],
  ['pending', Pending, ['plant/#']],
  ['pending-oldest', Pending, ['--limit', '3']],
  ['pending-client', Pending, ['--client', 'panel-1']],
  ['pending-client-wildcard', Pending, ['plant/b/temp', '--client', 'panel-2']],
  ['pending-client-qos0', Pending, ['--client', 'panel-3']],
  ['pending-client-unknown', Pending, ['--client', 'nobody']],
  ['msg', Msg, [IDS.waiting]],
  ['msg-many', Msg, [IDS.seconds, IDS.binary, IDS.replaced, IDS.bare, IDS.extra, IDS.control]],
  ['msg-gone', Msg, [IDS.ackedByOther, '--topic', 'plant/a/temp']],
  ['msg-unknown', Msg, [IDS.unknown]],
  ['explain-queue', Explain, ['panel-1', 'plant/a/temp']],
  ['explain-retained', Explain, ['panel-1', 'plant/a/state']],
  ['explain-wildcard', Explain, ['panel-2', 'plant/a/temp']],
  ['explain-qos0', Explain, ['panel-3', 'plant/a/temp']],
  ['explain-none', Explain, ['sensor-17', 'plant/a/temp', '--msgid', IDS.waiting]],
  ['explain-unknown', Explain, ['nobody', 'plant/a/temp']],
  ['explain-system', Explain, ['sys-1', '$SYS/brokers']],
  ['explain-damaged', Explain, ['panel-4', 'plant/list']],
  ['explain-empty', Explain, ['panel-1', 'plant/emptied', '--subscribed', 'plant/emptied', '--qos', '1']],
  ['explain-gone', Explain, ['panel-1', 'plant/a/temp', '--msgid', IDS.gone]],
  ['explain-acked', Explain, ['panel-1', 'plant/a/temp', '--msgid', IDS.ackedByOther]],
  ['explain-acked-itself', Explain, ['panel-1', 'plant/a/temp', '--msgid', IDS.ackedByClient]],
  ['explain-acked-earlier', Explain, ['panel-1', 'plant/a/temp', '--msgid', IDS.ackedEarlier]],
  ['explain-not-in-map', Explain, ['panel-1', 'plant/a/temp', '--msgid', IDS.notInMap]],
  ['explain-unreadable', Explain, ['panel-4', 'plant/b/temp', '--msgid', IDS.binary]],
  ['explain-other-topic', Explain, ['panel-4', 'plant/b/temp', '--msgid', IDS.waiting]],
  ['explain-never-stored', Explain, ['panel-1', 'plant/a/temp', '--msgid', IDS.unknown]],
  ['stats', Stats, ['--scan']],
];

const FORMATS = ['table', 'json', 'jsonl', 'csv', 'ddb-json'];

type View = (typeof VIEWS)[number];

function run([, command, argv]: View, path: string, more: string[], options: RunOptions = {}): Promise<RunResult> {
  return runCommand(command, [...argv, ...more, ...targetOf(path)], { now: NOW, ...options });
}

function golden({ code, stdout, stderr }: RunResult): string {
  return `${stdout}--- stderr\n${stderr}--- exit ${code}\n`;
}

describe('golden views', () => {
  it.each(VIEWS)('%s in every format', async (...view) => {
    for (const format of FORMATS) {
      const result = await run(view, folder.path, ['--format', format]);
      await expect(golden(result)).toMatchFileSnapshot(`../fixtures/golden/${view[0]}.${format}.txt`);
    }
  });

  it.each(VIEWS)('%s fits a terminal of 80 columns and cannot move its cursor', async (...view) => {
    const result = await run(view, folder.path, [], { columns: 80, env: { NO_COLOR: '1' } });
    await expect(golden(result)).toMatchFileSnapshot(`../fixtures/golden/${view[0]}.terminal.txt`);
    const long = result.stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('next: '));
    // a single object has one line for each member, and its values are never shortened
    expect(long.filter((line) => !/^[a-zA-Z_]+ {2,}/.test(line))).toEqual([]);
    // eslint-disable-next-line no-control-regex
    expect(result.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it.each(VIEWS)('%s on empty tables', async (...view) => {
    for (const format of FORMATS) {
      const result = await run(view, empty.path, ['--format', format]);
      expect([0, 1]).toContain(result.code);
      expect(result.stderr).not.toMatch(/E_[A-Z]/);
      if (format === 'json') JSON.parse(result.stdout);
    }
  });

  it.each(VIEWS)('%s without tables names what is missing', async (...view) => {
    const result = await run(view, none.path, []);
    expect(result).toMatchObject({ code: 4, stdout: '' });
    expect(result.stderr).toContain('E_NO_TABLE');
  });
});

describe('wrong arguments', () => {
  const cases: readonly (readonly [CommandClass, string[], string])[] = [
    [Explain, ['c', 'plant/+/temp'], '  plant/+/temp\n        ^'],
    [Explain, ['c', 'plant', '--subscribed', 'a/b#'], '  a/b#\n     ^'],
    [Explain, ['c', 'plant', '--msgid', 'Mjg4!'], '  Mjg4!\n      ^'],
    [Msg, [IDS.waiting.slice(0, 41)], `  ${IDS.waiting.slice(0, 41)}\n  ${' '.repeat(41)}^`],
    [Msg, ['00061789293F818B6E0B'], `  00061789293F818B6E0B\n  ${' '.repeat(20)}^`],
    [Msg, [IDS.waiting, '--topic', 'a/#'], '  a/#\n    ^'],
    [Subs, ['--matching', 'a/#'], '  a/#\n    ^'],
    [Topics, ['a/#/b'], '  a/#/b\n    ^'],
    [Retained, ['a+'], '  a+\n   ^'],
    [Pending, ['#/a'], '  #/a\n  ^'],
    [Clients, ['--stale', 'soon'], 'invalid duration "soon"'],
    [Stats, ['--watch', '5s'], '--watch redraws a terminal'],
    [Stats, ['--watch', '5s', '--json'], '--watch redraws a terminal'],
  ];
  it.each(cases)('%o %j', async (command, argv, said) => {
    const result = await runCommand(command, [...argv, ...targetOf(folder.path)]);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain(said);
  });
});

describe('stats --watch', () => {
  it('draws in place until it is stopped, and gives the cursor back', async () => {
    let stop: (() => void) | undefined;
    const options: RunOptions = {
      columns: 100,
      env: { NO_COLOR: '1' },
      now: NOW,
      onSignal: (listener) => {
        stop = () => listener('SIGINT');
        return () => undefined;
      },
    };
    let shown = '';
    const stdout = new Writable({
      write(part: Buffer, _encoding, done) {
        shown += part.toString();
        if (shown.split('\u001b[H').length > 2) stop?.();
        done();
      },
    });
    const result = await runCommand(Stats, ['--watch', '1s', ...targetOf(folder.path)], { ...options, stdout });
    expect(result.raised).toBe('SIGINT');
    const frames = shown.split('\u001b[H').slice(1);
    expect(frames.length).toBeGreaterThan(1);
    for (const frame of frames) expect(frame).toContain('mqtt_topic_msg_map');
    expect(shown.endsWith('\u001b[?25h\n')).toBe(true);
  });
});

describe('reads by key', () => {
  it.each([
    ['a dossier', Clients, ['panel-1']],
    ['explain', Explain, ['panel-1', 'plant/a/temp']],
    ['pending of a client', Pending, ['--client', 'panel-1']],
    ['one topic', Pending, ['plant/a/temp']],
    ['one retained message', Retained, ['plant/a/state']],
    ['a message', Msg, [IDS.waiting]],
  ] as const)('%s is a handful of read units', async (_, command, argv) => {
    const result = await runCommand(command, [...argv, '--json', ...targetOf(folder.path)], { now: NOW });
    const { consumedCapacity = 0 } = JSON.parse(result.stdout) as { consumedCapacity?: number };
    expect(consumedCapacity).toBeLessThan(8);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Clients from '../../src/commands/clients.ts';
import Explain from '../../src/commands/explain.ts';
import Get from '../../src/commands/get.ts';
import Query from '../../src/commands/query.ts';
import Replay from '../../src/commands/replay.ts';
import Scan from '../../src/commands/scan.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import TablesApply from '../../src/commands/tables/apply.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDescribe from '../../src/commands/tables/describe.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import TablesList from '../../src/commands/tables/list.ts';
import { local, runCommand, temporaryFolder } from '../harness/run-command.ts';
import { NOW, seed } from '../harness/seed-data.ts';

const folder = temporaryFolder();
const other = temporaryFolder();
const target = local(folder.path);

beforeAll(async () => {
  await runCommand(TablesCreate, target);
  await seed(folder.path);
});
afterAll(() => [folder, other].forEach((each) => each.remove()));

describe('get', () => {
  it('reads one item by its whole key, one attribute a line or as one object', async () => {
    const shown = await runCommand(Get, ['mqtt_sub', 'panel-1', 'plant/a/temp', ...target]);
    expect([shown.code, shown.stdout]).toEqual([0, 'clientid  panel-1\ntopic     plant/a/temp\nqos       1\n']);
    expect(shown.stderr).toBe('0.5 read units\n');
    const json = await runCommand(Get, ['mqtt_sub', 'panel-1', 'plant/a/temp', '--json', ...target]);
    expect(JSON.parse(json.stdout)).toEqual({ clientid: 'panel-1', topic: 'plant/a/temp', qos: 1 });
    const queried = ['mqtt_sub', 'panel-1', '--sort-key', '= plant/a/temp', '-o', 'ddb-json', ...target];
    const raw = ['mqtt_sub', 'panel-1', 'plant/a/temp', '-o', 'ddb-json', ...target];
    expect((await runCommand(Get, raw)).stdout).toBe((await runCommand(Query, queried)).stdout);
  });

  it('takes --fields and --consistent', async () => {
    const flags = ['--fields', 'qos,topic', '--consistent', '-o', 'json', ...target];
    const { stdout, stderr } = await runCommand(Get, ['mqtt_sub', 'panel-1', 'plant/a/temp', ...flags]);
    expect([JSON.parse(stdout), stderr]).toEqual([{ qos: 1, topic: 'plant/a/temp' }, '1 read unit\n']);
  });

  it('says so where there is no such item, exit 1', async () => {
    const { code, stdout, stderr } = await runCommand(Get, ['mqtt_client', 'nobody', ...target]);
    expect([code, stdout, stderr]).toEqual([1, '', 'mqtt_client has no item nobody\n']);
  });

  it('needs the sort key where there is one, and only there', async () => {
    const without = await runCommand(Get, ['mqtt_sub', 'panel-1', ...target]);
    expect([without.code, without.stderr]).toEqual([
      2,
      'mqdyn: E_USAGE: mqtt_sub has the sort key topic: name it as SORT. Every item under KEY: mqdyn query TABLE KEY\n',
    ]);
    const more = await runCommand(Get, ['mqtt_client', 'panel-1', 'x', ...target]);
    expect([more.code, more.stderr]).toEqual([2, expect.stringContaining('mqtt_client has no sort key') as string]);
  });
});

describe('a table that is not there', () => {
  it.each([
    [Scan, ['mqtt_mgs']],
    [Query, ['mqtt_mgs', 'k']],
    [Get, ['mqtt_mgs', 'k']],
    [TablesDescribe, ['mqtt_mgs']],
    [TablesDescribe, ['mqtt_mgs', '--schema']],
  ] as const)('%o suggests the nearest one', async (command, args) => {
    const { code, stderr } = await runCommand(command, [...args, ...target]);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/mqtt_mgs not found in .*\. Did you mean mqtt_msg\?\n$/) as string]);
  });

  it('is still missing when it was to be dropped, with the nearest one beside', async () => {
    const { code, stdout, stderr } = await runCommand(TablesDrop, ['mqtt_mgs', 'nope', '--yes', '--format', 'jsonl', ...target]);
    expect([code, stdout]).toEqual([0, '{"table":"mqtt_mgs","status":"missing"}\n{"table":"nope","status":"missing"}\n']);
    expect(stderr).toContain('note: there is no table mqtt_mgs. Did you mean mqtt_msg?\n');
    expect(stderr).not.toContain('table nope');
  });

  it('shows those that there are where none is near, under the names that commands take', async () => {
    await runCommand(TablesCreate, ['mqtt_sub', 'mqtt_msg', '--table-prefix', 'stg_', ...target]);
    const { code, stderr } = await runCommand(Scan, ['nope', '--table-prefix', 'stg_', ...target]);
    expect([code, stderr]).toEqual([4, expect.stringMatching(/\. Tables there: mqtt_msg, mqtt_sub\.\n$/) as string]);
  });

  it('of the backend is to be created, however near another one is', async () => {
    const { code, stderr } = await runCommand(Scan, ['mqtt_retain', '--table-prefix', 'stg_', ...target]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('Run: mqdyn tables create') as string]);
  });
});

describe('explain without a topic', () => {
  it('gives every stored subscription the verdict of its own topic', async () => {
    const run = await runCommand(Explain, ['panel-1', '--json', ...target], { now: NOW });
    const { items } = JSON.parse(run.stdout) as { items: { topic: string; verdict: string; delivered: boolean; next: string }[] };
    expect([run.code, items.length > 0]).toEqual([0, true]);
    for (const { topic, verdict, delivered, next } of items.filter((item) => !/[+#]/.test(item.topic))) {
      const one = await runCommand(Explain, ['panel-1', topic, '--json', ...target], { now: NOW });
      expect(JSON.parse(one.stdout)).toMatchObject({ verdict, delivered, next });
    }
  });

  it('takes --sort without TOPIC alone', async () => {
    const { stdout } = await runCommand(
      Explain,
      ['panel-1', '--sort', 'verdict', '-o', 'csv', '--fields', 'verdict', ...target],
      { now: NOW },
    );
    expect(stdout.split('\r\n')).toEqual(['verdict', 'delivered_from_queue', 'delivered_retained', 'wildcard_subscription', '']);
    expect((await runCommand(Explain, ['panel-1', 'plant/a/temp', '--sort', 'topic', ...target])).code).toBe(2);
  });

  it('tells that a wildcard finds nothing; exit 1 when nothing would be delivered', async () => {
    await runCommand(Subscribe, ['wild', 'plant/#', '$share/g/nothing/here', '--qos', '1', ...target]);
    const { code, stdout } = await runCommand(Explain, ['wild', '--fields', 'topic,qos,delivered,verdict', ...target]);
    expect(code).toBe(1);
    expect(stdout).toBe(
      [
        'topic                  qos  delivered  verdict',
        '$share/g/nothing/here    1  no         nothing_stored',
        'plant/#                  1  no         wildcard_subscription',
        '',
      ].join('\n'),
    );
  });

  it('of a client without subscriptions says so', async () => {
    const { code, stderr } = await runCommand(Explain, ['nobody', ...target]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no stored subscriptions of nobody\n') as string]);
  });

  it.each([
    ['--msgid', 'Mjg4MTk1MDYwNTk0NjYwNzYzMTg4MDk3OTQ2MDU2Nzg1OTD'],
    ['--subscribed', 'a'],
  ])('takes no %s', async (flag, value) => {
    const { code, stderr } = await runCommand(Explain, ['panel-1', flag, value, '--endpoint-url', 'http://127.0.0.1:1']);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${flag} asks about one topic`) as string]);
  });
});

describe('-q', () => {
  it.each([
    [Scan, ['mqtt_msg', '--limit', '1']],
    [Clients, []],
    [Explain, ['panel-1']],
    [Get, ['mqtt_sub', 'panel-1', 'plant/a/temp']],
  ] as const)('%o says nothing on stderr, and the same on stdout', async (command, args) => {
    const usual = await runCommand(command, [...args, ...target], { now: NOW });
    const quiet = await runCommand(command, [...args, '-q', ...target], { now: NOW });
    expect(usual.stderr).not.toBe('');
    expect([quiet.code, quiet.stdout, quiet.stderr]).toEqual([usual.code, usual.stdout, '']);
  });

  it('leaves errors and exit codes alone', async () => {
    const error = await runCommand(Scan, ['nope', '-q', ...target]);
    expect([error.code, error.stderr]).toEqual([4, expect.stringMatching(/^mqdyn: E_NO_TABLE: /) as string]);
    const no = await runCommand(Get, ['mqtt_client', 'nobody', '--quiet', ...target]);
    expect([no.code, no.stdout, no.stderr]).toEqual([1, '', '']);
  });

  it('leaves no progress and no summary of a replay', async () => {
    const event = JSON.stringify({ tst: 1714727731, topic: 'plant/a', qos: 1, retain: 0, payload: 'up' });
    const { code, stderr } = await runCommand(Replay, ['-', '--dry-run', '-q'], { stdin: event });
    expect([code, stderr]).toEqual([0, '']);
  });

  it('still says what consent is asked for', async () => {
    const { code, stderr } = await runCommand(TablesDrop, ['mqtt_acked', '-q', ...target]);
    expect([code, stderr.split('\n')[0]]).toEqual([11, expect.stringMatching(/^to be dropped: mqtt_acked/) as string]);
  });
});

describe('letters', () => {
  it('-y consents, -o names a format', async () => {
    const elsewhere = local(other.path);
    const applied = await runCommand(TablesApply, ['mqtt_acked', '-y', '-q', '-o', 'csv', '--no-header', ...elsewhere]);
    expect([applied.code, applied.stdout, applied.stderr]).toEqual([0, expect.stringMatching(/^mqtt_acked,/) as string, '']);
    const dropped = await runCommand(TablesDrop, ['mqtt_acked', '-qy', '-ojsonl', ...elsewhere]);
    expect([dropped.code, dropped.stdout, dropped.stderr]).toEqual([0, '{"table":"mqtt_acked","status":"dropped"}\n', '']);
  });

  it('an error is JSON with -o json, too', async () => {
    const { stderr } = await runCommand(Scan, ['nope', '-o', 'json', ...target]);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'E_NO_TABLE' } });
  });

  it('ls is another name of tables list', () => {
    expect(TablesList.aliases).toEqual(['ls']);
  });
});

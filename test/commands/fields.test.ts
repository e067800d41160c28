import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Clients from '../../src/commands/clients.ts';
import Explain from '../../src/commands/explain.ts';
import Get from '../../src/commands/get.ts';
import Msg from '../../src/commands/msg.ts';
import Pending from '../../src/commands/pending.ts';
import Query from '../../src/commands/query.ts';
import Replay from '../../src/commands/replay.ts';
import Retained from '../../src/commands/retained.ts';
import Scan from '../../src/commands/scan.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import { local, runCommand, temporaryFolder, type CommandClass } from '../harness/run-command.ts';
import { IDS, NOW, seed } from '../harness/seed-data.ts';

const folder = temporaryFolder();
const target = local(folder.path);
const run = (command: CommandClass, argv: readonly string[]) => runCommand(command, [...argv, ...target], { now: NOW });

beforeAll(async () => {
  await runCommand(TablesCreate, target);
  await seed(folder.path);
});
afterAll(() => folder.remove());

const SUB = 'Attributes seen: clientid, qos, topic.';

describe('a field that no item has', () => {
  it.each([
    [
      'scan',
      Scan,
      ['mqtt_sub', '--fields', 'clientid,tpoic'],
      `none of the 11 items has an attribute "tpoic". Did you mean topic? ${SUB}`,
    ],
    [
      'a sorted scan',
      Scan,
      ['mqtt_sub', '--fields', 'nope', '--sort', 'topic', '--limit', '3', '--json'],
      `none of the 11 items has an attribute "nope". ${SUB}`,
    ],
    [
      'a filtered scan',
      Scan,
      ['mqtt_sub', '--fields', 'nope', '--filter', 'qos = 2', '-o', 'jsonl'],
      `the item has no attribute "nope". ${SUB}`,
    ],
    [
      'query',
      Query,
      ['mqtt_sub', 'panel-1', '--fields', 'nope', '-o', 'csv'],
      `none of the 3 items has an attribute "nope". ${SUB}`,
    ],
    ['get', Get, ['mqtt_sub', 'panel-1', 'plant/a/temp', '--fields', 'nope'], `the item has no attribute "nope". ${SUB}`],
    ['clients', Clients, ['--fields', 'clientid,nope'], 'none of the 10 items has an attribute "nope".'],
    ['one client', Clients, ['panel-1', '--fields', 'nope', '--json'], 'the item has no attribute "nope".'],
    ['retained', Retained, ['--fields', 'topic,nope'], 'none of the 6 items has an attribute "nope". Did you mean note?'],
    ['messages', Msg, [IDS.waiting, IDS.later, '--fields', 'nope'], 'none of the 2 items has an attribute "nope".'],
  ] as const)('of %s is told afterwards', async (_, command, argv, said) => {
    const { code, stderr } = await run(command, argv);
    expect(code).toBe(0);
    expect(stderr).toContain(`note: ${said}`);
  });

  it.each([
    ['is in some items', Scan, ['mqtt_retain', '--fields', 'topic,note']],
    ['is stored beside the columns of a view', Clients, ['--fields', 'clientid,note']],
    ['is a column that happens to be empty', Clients, ['panel-2', '--fields', 'clientid,ghost']],
    ['has no item to be in', Scan, ['mqtt_sub', '--fields', 'nope', '--filter', 'qos = 5']],
  ] as const)('is not told when it %s', async (_, command, argv) => {
    expect((await run(command, argv)).stderr).not.toContain('has an attribute "no');
  });

  it('is silent with --quiet', async () => {
    expect((await run(Scan, ['mqtt_sub', '--fields', 'nope', '-q'])).stderr).toBe('');
  });
});

describe('a field of another kind of rows', () => {
  it.each([
    ['pending', Pending, ['--fields', 'reason']],
    ['pending --client', Pending, ['--client', 'panel-1', '--fields', 'state']],
    ['explain CLIENT', Explain, ['panel-1', '--fields', 'evidence']],
    ['explain CLIENT TOPIC', Explain, ['panel-1', 'plant/a/temp', '--fields', 'qos']],
    ['msg --decode', Msg, [IDS.waiting, '--decode', '--fields', 'payload']],
    ['replay', Replay, ['none.jsonl', '--fields', 'change']],
    ['replay --diff', Replay, ['none.jsonl', '--dry-run', '--diff', '--fields', 'read']],
  ] as const)('of %s is refused before anything is read', async (_, command, argv) => {
    const none = temporaryFolder();
    const { code, stdout, stderr } = await runCommand(command, [...argv, ...local(`${none.path}/none`)]);
    none.remove();
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^mqdyn: E_USAGE: --fields: unknown field "\w+"/);
  });
});

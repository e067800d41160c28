import { afterAll, describe, expect, it } from 'vitest';
import Clients from '../../src/commands/clients.ts';
import Config from '../../src/commands/config.ts';
import Explain from '../../src/commands/explain.ts';
import Scan from '../../src/commands/scan.ts';
import Stats from '../../src/commands/stats.ts';
import Subs from '../../src/commands/subs.ts';
import Subscribe from '../../src/commands/subscribe.ts';
import TablesApply from '../../src/commands/tables/apply.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDescribe from '../../src/commands/tables/describe.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import TablesList from '../../src/commands/tables/list.ts';
import { local, runCommand, temporaryFolder, type CommandClass } from '../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const target = local(folder.path);

describe('--json with --format', () => {
  it.each([
    ['--json', '--format', 'csv'],
    ['--format=table', '--json'],
  ])('is a usage error where they differ: %s %s', async (...argv) => {
    const { code, stdout, stderr } = await runCommand(Scan, ['mqtt_msg', ...argv, ...target]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^\{"error":\{"code":"E_USAGE","message":"--json and --format \w+ contradict each other"/);
  });

  it('is fine where they say the same', async () => {
    const { code, stdout } = await runCommand(TablesList, ['--json', '--format', 'json', ...target]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('items');
  });
});

describe('arguments that would be ignored silently are a usage error (faults 2 and 11)', () => {
  it.each<[CommandClass, string]>([
    [Explain, 'panel-1 plant/a --qos 1'],
    [TablesApply, 'mqtt_msg --plan plan.json --yes'],
    [TablesApply, '--plan plan.json --yes --ignore BillingMode'],
    [TablesApply, '--plan plan.json --plan-out other.json'],
    [TablesCreate, '--wait 5s --no-wait'],
    [TablesDrop, 'mqtt_msg --yes --confirm mqtt_msgs'],
    [TablesDescribe, 'mqtt_msg --schema --format csv'],
    [TablesDescribe, 'mqtt_msg --schema --fields table'],
    [Clients, 'panel-1 --offline'],
    [Clients, 'panel-1 --stale 30d'],
    [Config, 'region eu-west-1 --profile dev'],
    [Config, 'use prod --region eu-west-1'],
    [Stats, '--watch 5s --fields tables'],
  ])('%o %s', async (command, line) => {
    const { code, stdout, stderr } = await runCommand(command, [...line.split(' '), ...(command === Config ? [] : target)]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^mqdyn: E_USAGE: |\nmqdyn: E_USAGE: /);
  });
});

describe('arguments', () => {
  it('keep their order where one of them is the value of a flag as well', async () => {
    await runCommand(TablesCreate, target);
    expect((await runCommand(Subscribe, ['--region', 'b', 'a', 'b', ...target])).code).toBe(0);
    expect((await runCommand(Subs, ['--format', 'csv', '--no-header', ...target])).stdout).toBe('a,b,0\r\n');
  });
});

import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import TablesApply from '../../src/commands/tables/apply.ts';
import TablesCreate from '../../src/commands/tables/create.ts';
import TablesDiff from '../../src/commands/tables/diff.ts';
import TablesDrop from '../../src/commands/tables/drop.ts';
import { startEmbeddedEngine, type EmbeddedEngine } from '../../src/dynamo/embedded-engine.ts';
import { OWN_SCHEMA_DIR } from '../../src/files/schema-folder.ts';
import { startFaultServer, type FaultServer } from '../harness/fault-server.ts';
import { runCommand, temporaryFolder } from '../harness/run-command.ts';

const folder = temporaryFolder();
const files = join(folder.path, 'files');
const plan = join(folder.path, 'plan.json');
let engine: EmbeddedEngine;
let server: FaultServer;
let target: string[];

beforeAll(async () => {
  engine = await startEmbeddedEngine(join(folder.path, 'engine'));
  server = await startFaultServer(engine.endpoint);
  target = ['--endpoint-url', server.endpoint, '--schema-dir', files];
});
afterAll(async () => {
  await server.close();
  await engine.close();
  folder.remove();
});
beforeEach(async () => {
  server.fault = () => undefined;
  cpSync(OWN_SCHEMA_DIR, files, { recursive: true });
  await runCommand(TablesDrop, ['--all', '--yes', ...target]);
  await runCommand(TablesCreate, target);
  server.calls = [];
});
afterEach(() => vi.restoreAllMocks());

function setUnits(table: string, read: number): void {
  const path = join(files, `${table}.json`);
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"ReadCapacityUnits": \d+/, `"ReadCapacityUnits": ${read}`));
}

const writes = () => server.calls.filter((call) => !/^(Describe|List)/.test(call));
const apply = (...flags: string[]) => runCommand(TablesApply, [...flags, ...target]);

describe('tables apply', () => {
  it('shows the plan and stops without consent', async () => {
    setUnits('mqtt_msg', 9);
    const result = await apply();
    expect(result.code).toBe(11);
    expect(result.stderr).toContain('1. mqtt_msg: UpdateTable\n     ProvisionedThroughput.ReadCapacityUnits: 5 -> 9\n');
    expect(result.stderr).toContain('E_CONFIRM: changing tables needs --yes. Nothing was changed.');
    expect(writes()).toEqual([]);
  });

  it('--dry-run shows it and makes no call that changes anything', async () => {
    setUnits('mqtt_msg', 9);
    const result = await apply('--dry-run', '--json');
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout)).toEqual({
      items: [
        {
          table: 'mqtt_msg',
          path: 'ProvisionedThroughput.ReadCapacityUnits',
          want: 9,
          have: 5,
          change: 'in-place',
          status: 'planned',
        },
      ],
      count: 1,
    });
    expect(writes()).toEqual([]);
  });

  it('creates what is missing and changes what differs, table by table', async () => {
    await runCommand(TablesDrop, ['mqtt_acked', '--yes', ...target]);
    setUnits('mqtt_msg', 9);
    server.calls = [];
    const result = await apply('--yes');
    expect(result.code).toBe(0);
    expect(writes()).toEqual(['CreateTable mqtt_acked', 'UpdateTable mqtt_msg']);
    expect((await runCommand(TablesDiff, target)).code).toBe(0);
  });

  it('a run that stopped halfway is finished by the same command', async () => {
    setUnits('mqtt_client', 7);
    setUnits('mqtt_msg', 9);
    server.fault = (operation, input) =>
      operation === 'UpdateTable' && input['TableName'] === 'mqtt_msg' ? { error: 'AccessDeniedException' } : undefined;
    const stopped = await apply('--yes');
    expect(stopped.code).toBe(6);
    expect(stopped.stderr).toContain('1/2 mqtt_client: UpdateTable done');
    server.fault = () => undefined;
    server.calls = [];
    expect((await apply('--yes')).code).toBe(0);
    expect(writes()).toEqual(['UpdateTable mqtt_msg']);
  });

  it('waits while another change of the table is in progress', async () => {
    setUnits('mqtt_msg', 9);
    let tries = 0;
    server.fault = (operation) => {
      if (operation !== 'UpdateTable') return undefined;
      tries += 1;
      return tries < 3
        ? { error: 'ResourceInUseException', message: 'Attempt to change a resource which is still in use' }
        : undefined;
    };
    expect((await apply('--yes')).code).toBe(0);
    expect(tries).toBe(3);
  });

  it('detects a call that had no effect', async () => {
    setUnits('mqtt_msg', 9);
    server.fault = (operation) => (operation === 'UpdateTable' ? { reply: { TableDescription: {} } } : undefined);
    // a change has ten seconds to show: here a second of this clock is twenty
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() * 20);
    const result = await apply('--yes');
    expect(result.code).toBe(11);
    expect(result.stderr).toContain(
      'accepted UpdateTable for mqtt_msg, but ProvisionedThroughput.ReadCapacityUnits did not change',
    );
  });

  it('stops when someone else changes the same thing between plan and step', async () => {
    setUnits('mqtt_msg', 9);
    let looks = 0;
    const other = JSON.parse(readFileSync(join(OWN_SCHEMA_DIR, 'mqtt_msg.json'), 'utf8')) as object;
    server.fault = (operation, input) => {
      if (operation !== 'DescribeTable' || input['TableName'] !== 'mqtt_msg') return undefined;
      looks += 1;
      const ProvisionedThroughput = { ReadCapacityUnits: 6, WriteCapacityUnits: 5 };
      return looks > 1 ? { reply: { Table: { ...other, TableStatus: 'ACTIVE', ProvisionedThroughput } } } : undefined;
    };
    const result = await apply('--yes');
    expect(result.code).toBe(11);
    expect(result.stderr).toContain('E_PLAN: mqtt_msg: ProvisionedThroughput.ReadCapacityUnits was 5 and is now 6');
    expect(writes().filter((call) => call.startsWith('Update'))).toEqual([]);
  });

  it('--ignore leaves a path alone (as terraform-provider-aws 46735 could not)', async () => {
    setUnits('mqtt_msg', 9);
    const ignore = ['--ignore', 'ProvisionedThroughput'];
    expect((await runCommand(TablesDiff, [...ignore, ...target])).code).toBe(0);
    expect((await apply('--yes', ...ignore)).stderr).toContain('nothing to do');
  });
});

describe('a saved plan', () => {
  it('is carried out exactly as saved, and is not readable by others', async () => {
    setUnits('mqtt_msg', 9);
    expect((await apply('--plan-out', plan)).code).toBe(0);
    expect(statSync(plan).mode & 0o077).toBe(0);
    expect(writes()).toEqual([]);
    // later changes of the files do not matter
    setUnits('mqtt_msg', 8);
    expect((await apply('--plan', plan, '--yes')).code).toBe(0);
    setUnits('mqtt_msg', 9);
    expect((await runCommand(TablesDiff, target)).code).toBe(0);
  });

  it('can be carried out again: what is done is skipped', async () => {
    setUnits('mqtt_client', 7);
    setUnits('mqtt_msg', 9);
    await apply('--plan-out', plan);
    server.fault = (operation, input) =>
      operation === 'UpdateTable' && input['TableName'] === 'mqtt_msg' ? { error: 'AccessDeniedException' } : undefined;
    expect((await apply('--plan', plan, '--yes')).code).toBe(6);
    server.fault = () => undefined;
    const again = await apply('--plan', plan, '--yes');
    expect(again.code).toBe(0);
    expect(again.stderr).toContain('1/2 mqtt_client: UpdateTable already done');
    expect((await runCommand(TablesDiff, target)).code).toBe(0);
  });

  it('is refused when a table changed meanwhile, in what the plan changes or elsewhere', async () => {
    setUnits('mqtt_msg', 9);
    await apply('--plan-out', plan);
    setUnits('mqtt_msg', 6);
    await apply('--yes');
    server.calls = [];
    const result = await apply('--plan', plan, '--yes');
    expect(result.code).toBe(11);
    expect(result.stderr).toContain(
      'E_PLAN: mqtt_msg: ProvisionedThroughput.ReadCapacityUnits was 5 and is now 6. Make a new plan',
    );
    expect(writes()).toEqual([]);
  });

  it('is refused when the table was dropped and created again', async () => {
    setUnits('mqtt_msg', 9);
    await apply('--plan-out', plan);
    setUnits('mqtt_msg', 5);
    await runCommand(TablesDrop, ['mqtt_msg', '--yes', ...target]);
    await runCommand(TablesCreate, target);
    const result = await apply('--plan', plan, '--yes');
    expect(result.code).toBe(11);
    expect(result.stderr).toContain('E_PLAN: mqtt_msg is not the table that the plan was made for');
  });

  it('is refused at another endpoint, and when it is no plan', async () => {
    setUnits('mqtt_msg', 9);
    await apply('--plan-out', plan);
    const elsewhere = await runCommand(TablesApply, ['--plan', plan, '--yes', '--endpoint-url', engine.endpoint]);
    expect(elsewhere.code).toBe(11);
    expect(elsewhere.stderr).toContain('E_PLAN: the plan was made for');
    writeFileSync(plan, '{"mqdynPlan": 2}');
    expect((await apply('--plan', plan, '--yes')).code).toBe(4);
    writeFileSync(plan, '{');
    expect((await apply('--plan', plan, '--yes')).stderr).toContain(
      "plan.json:1:2: expected a member name or '}' inside the document (opened at line 1), found the end of the file",
    );
  });

  it('is not left half written where it cannot be written', async () => {
    setUnits('mqtt_msg', 9);
    const result = await apply('--plan-out', join(folder.path, 'nowhere', 'plan.json'));
    expect(result.code).toBe(8);
    expect(existsSync(join(folder.path, 'nowhere'))).toBe(false);
  });
});

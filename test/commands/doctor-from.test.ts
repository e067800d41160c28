import { appendFileSync, cpSync, readdirSync, renameSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Doctor from '../../src/commands/doctor.ts';
import Export from '../../src/commands/export.ts';
import { s } from '../../src/domain/item.ts';
import { DAMAGE_NOW, damaged, DAMAGES } from '../harness/damage.ts';
import { connectTo, createTables, memoryEngine } from '../harness/memory-engine.ts';
import { nativeExport } from '../harness/native-export.ts';
import { runCommand, temporaryFolder, type RunResult } from '../harness/run-command.ts';

const folder = temporaryFolder();
const whole = join(folder.path, 'whole');
const part = join(folder.path, 'part');
const { rows, found } = damaged(Object.keys(DAMAGES), 3);

beforeAll(async () => {
  const engine = await memoryEngine();
  const dynamo = connectTo(engine.endpoint);
  await createTables(dynamo, 'live-');
  for (const [table, items] of Object.entries(rows)) {
    for (const item of items) await dynamo.call('PutItem', { TableName: `live-${table}`, Item: item });
  }
  const run = (out: string, ...tables: string[]) =>
    runCommand(Export, [...tables, '--out', out, '--endpoint-url', engine.endpoint, '--table-prefix', 'live-'], {
      now: DAMAGE_NOW,
    });
  expect((await run(whole)).code).toBe(0);
  expect((await run(part, 'mqtt_retain', 'mqtt_msg')).code).toBe(0);
  dynamo.close();
  // from here on there is no DynamoDB
  await engine.stop();
});
afterAll(() => folder.remove());

/** Without credentials and without a target. */
function doctor(...argv: string[]): Promise<RunResult> {
  return runCommand(Doctor, argv, { now: DAMAGE_NOW + 86_400_000, env: { MQDYN_ENDPOINT_URL: 'http://127.0.0.1:9' } });
}

type Item = { check: string; table: string; count: number; fix: string | null; examples: { subject: string; detail?: string }[] };
const itemsOf = ({ stdout }: RunResult) => (JSON.parse(stdout) as { items: Item[] }).items;

function counts(result: RunResult): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { check, count } of itemsOf(result)) sums[check] = (sums[check] ?? 0) + count;
  return sums;
}

describe('doctor --from', () => {
  it('finds what is in an export, as of its time, and says what mends the live tables', async () => {
    const result = await doctor('--from', whole, '--json');
    expect([result.code, counts(result)]).toEqual([1, found]);
    expect(itemsOf(result).find(({ check }) => check === 'map_id_without_message')?.fix).toBe(
      'mqdyn doctor --check map_id_without_message --fix',
    );
    expect(result.stderr).toContain('note: the export is no point-in-time snapshot; what changed while it was made');
    expect(result.stderr).toMatch(/\d+ notes?; \d+ items read\n$/);
  });

  it('takes the other flags of a report', async () => {
    const prometheus = await doctor('--from', whole, '--check', 'retained_empty,time_unit', '--format', 'prometheus');
    expect(prometheus.stdout).toContain('mqdyn_doctor_findings{check="retained_empty",table="mqtt_retain",severity="warning"} 1');
    const none = await doctor('--from', whole, '--check', 'map_id_without_message', '--older-than', '90d');
    expect([none.code, none.stdout]).toEqual([0, '']);
    const conf = join(folder.path, 'store.conf');
    const line =
      'backend.dynamo.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_store"}, "pool": "pool1"}';
    writeFileSync(conf, `backend.dynamo.pool1.server = http://127.0.0.1:9\n${line}\n`);
    const hooks = await doctor('--from', whole, '--hooks', conf, '--check', 'message_without_id,message_store_only', '--json');
    const all = (found['message_without_id'] ?? 0) + (found['message_store_only'] ?? 0);
    expect([hooks.code, counts(hooks)]).toEqual([0, { message_store_only: all }]);
    const few = await doctor('--from', whole, '--check', 'map_id_without_message', '--examples', '1', '--json');
    expect(itemsOf(few)[0]?.examples).toHaveLength(1);
  });

  it('says nothing of tables that the export does not have', async () => {
    const result = await doctor(
      '--from',
      part,
      '--json',
      '--check',
      'table_missing,retained_empty,ghost_client,message_without_id',
    );
    expect([result.code, counts(result)]).toEqual([1, { retained_empty: 1 }]);
    expect(result.stderr).toContain('not in the export: mqtt_topic_msg_map, mqtt_client');
    expect(result.stderr).toContain('not checked: table_missing (the export is of some tables alone)');
    expect(result.stderr).toContain('not checked, as a table is missing: message_without_id, ghost_client');
  });

  it('compares the schemas in the export with the schema files', async () => {
    const schemas = join(folder.path, 'schemas');
    mkdirSync(schemas);
    const schema = {
      TableName: 'mqtt_msg',
      KeySchema: [{ AttributeName: 'msgid', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'msgid', AttributeType: 'S' }],
      ProvisionedThroughput: { ReadCapacityUnits: 9, WriteCapacityUnits: 5 },
      // at their defaults, which the schema in an export leaves out
      DeletionProtectionEnabled: false,
      TableClass: 'STANDARD',
      SSESpecification: { Enabled: false },
      StreamSpecification: { StreamEnabled: false },
      TimeToLiveSpecification: { Enabled: false, AttributeName: 'ttl' },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
    };
    writeFileSync(join(schemas, 'mqtt_msg.json'), JSON.stringify(schema));
    const result = await doctor('--from', whole, '--check', 'schema_drift,foreign_schema', '--schema-dir', schemas, '--json');
    const [drift, ...others] = itemsOf(result);
    expect([result.code, others]).toEqual([1, []]);
    expect(drift).toMatchObject({ check: 'schema_drift', table: 'mqtt_msg', count: 1, fix: 'mqdyn tables diff mqtt_msg' });
    expect(drift?.examples).toEqual([
      { subject: 'live-mqtt_msg', detail: 'ProvisionedThroughput.ReadCapacityUnits is 5 instead of 9' },
    ]);
    expect((await doctor('--from', whole, '--check', 'schema_drift')).code).toBe(0);
  });

  it('refuses an export that is damaged, and names every fault', async () => {
    const damagedOne = join(folder.path, 'damaged');
    cpSync(part, damagedOne, { recursive: true });
    const [data] = readdirSync(damagedOne, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json.gz'));
    appendFileSync(join(damagedOne, data!), 'x');
    writeFileSync(join(damagedOne, 'extra'), '');
    const { code, stdout, stderr } = await doctor('--from', damagedOne);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('damaged or not complete');
    expect(stderr).toContain('extra is not in manifest.json');
    expect(stderr).toContain('its SHA-256 differs');
  });

  it('takes the line of progress away before it says anything', async () => {
    const onTerminal = async (...argv: string[]) =>
      (await runCommand(Doctor, argv, { now: DAMAGE_NOW, stderrColumns: 200 })).stderr;
    const lines = [await onTerminal('--from', join(folder.path, 'damaged')), await onTerminal('--from', whole)].join('');
    expect(lines).toContain('verifying: ');
    // a line that is drawn ends where the next one is drawn over it
    for (const [shown] of lines.matchAll(/(?:verifying|reading): [^\r\n]*[\r\n]/g)) expect(shown).toMatch(/\r$/);
  });

  it('refuses an export that was not finished, a folder that is none, and one of other tables', async () => {
    const unfinished = join(folder.path, 'unfinished');
    cpSync(part, unfinished, { recursive: true });
    renameSync(join(unfinished, 'manifest.json'), join(unfinished, 'state.json'));
    const stopped = await doctor('--from', unfinished);
    expect([stopped.code, stopped.stderr]).toEqual([4, expect.stringContaining('was not finished')]);
    const none = await doctor('--from', folder.path + '/nowhere');
    expect([none.code, none.stderr]).toEqual([4, expect.stringContaining('does not exist')]);
    const other = join(folder.path, 'other');
    nativeExport(other, [{ table: 'things', items: [{ id: s('a') }], at: DAMAGE_NOW }]);
    const foreign = await doctor('--from', other);
    expect([foreign.code, foreign.stderr]).toEqual([
      4,
      expect.stringContaining('holds no table of the backend; it holds things'),
    ]);
  });

  it.each([
    ['--fix', 'repairs are made in live tables'],
    ['--plan x', 'repairs are made in live tables'],
    ['--plan-out x', 'repairs are made in live tables'],
    ['--subset 1/3', 'an export is read as a whole'],
    ['--segments 2', 'an export is read as a whole'],
    ['--journal x', '--journal is for what --fix changes'],
    ['--endpoint-url local', 'an export is read without a target'],
    ['--table-prefix x', 'an export is read without a target'],
    ['--region x', 'an export is read without a target'],
    ['-c x', 'an export is read without a target'],
  ])('%s is a usage error', async (argv, says) => {
    const { code, stderr, stdout } = await doctor('--from', whole, ...argv.split(' '));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
  });
});

describe("DynamoDB's own exports", () => {
  const native = (name: string, later = 0) => {
    const path = join(folder.path, name);
    rmSync(path, { recursive: true, force: true });
    nativeExport(
      path,
      Object.entries(rows).map(([table, items], index) => ({
        table: `prod-${table}`,
        items,
        at: DAMAGE_NOW + (index === 2 ? later : 0),
      })),
    );
    return path;
  };

  it('are looked at under the names without their prefix; their schemas are not known', async () => {
    const result = await doctor('--from', native('same'), '--json');
    expect([result.code, counts(result)]).toEqual([1, found]);
    expect(result.stderr).not.toContain('note:');
    expect(result.stderr).toContain('not checked: schema_drift (the export holds no schemas)');
  });

  it('of different times make a note', async () => {
    const { stderr } = await doctor('--from', native('apart', 60_000), '--check', 'map_empty');
    expect(stderr.replace(/\s+/g, ' ')).toContain(
      'note: the tables are of different times; what changed in between may show as findings: mqtt_client 2024-05-04T09:15:00.000Z',
    );
    expect(stderr).not.toContain('schema_drift');
  });

  it('of two targets in one folder are refused', async () => {
    const path = join(folder.path, 'two');
    nativeExport(
      path,
      ['a-mqtt_msg', 'b-mqtt_msg'].map((table) => ({ table, items: [], at: DAMAGE_NOW })),
    );
    const { code, stderr } = await doctor('--from', path);
    expect([code, stderr]).toEqual([4, expect.stringContaining('several tables of the name mqtt_msg: a-mqtt_msg, b-mqtt_msg')]);
  });

  it('of changes alone are refused', async () => {
    const path = join(folder.path, 'changes');
    nativeExport(path, [{ table: 'mqtt_msg', from: DAMAGE_NOW - 3_600_000, to: DAMAGE_NOW, changes: [] }]);
    const { code, stderr } = await doctor('--from', path);
    expect([code, stderr]).toEqual([4, expect.stringContaining('doctor needs a full export')]);
  });
});

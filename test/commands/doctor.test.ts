import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Doctor from '../../src/commands/doctor.ts';
import { CHECKS } from '../../src/domain/integrity/registry.ts';
import { DAMAGE_NOW, damaged, DAMAGES } from '../harness/damage.ts';
import { fillTables } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { runCommand, temporaryFolder, type RunResult } from '../harness/run-command.ts';

let engine: MemoryEngine;
const folder = temporaryFolder();
const { rows, found, left } = damaged(Object.keys(DAMAGES), 3);

beforeAll(async () => {
  engine = await memoryEngine();
  const dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
  await fillTables(dynamo, rows);
  await createTables(dynamo, 'clean-');
  dynamo.close();
});
afterAll(async () => {
  await engine.stop();
  folder.remove();
});

function doctor(...argv: string[]): Promise<RunResult> {
  return runCommand(Doctor, [...argv, '--endpoint-url', engine.endpoint], { now: DAMAGE_NOW });
}

type Counted = {
  check: string;
  table: string;
  count: number;
  fixed?: number;
  left?: number;
  fix: string | null;
  examples: unknown[];
};
const itemsOf = ({ stdout }: RunResult) => (JSON.parse(stdout) as { items: Counted[] }).items;

function counts(result: RunResult): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { check, count } of itemsOf(result)) sums[check] = (sums[check] ?? 0) + count;
  return sums;
}

describe('doctor', () => {
  it('reports the worst first, with the command that mends', async () => {
    const { code, stdout, stderr } = await doctor('--check', 'ghost_client,retained_empty,map_empty,sub_qos_invalid');
    expect(code).toBe(1);
    expect(stdout).toBe(`error  sub_qos_invalid  mqtt_sub
    stored subscriptions whose QoS is not 0, 1 or 2: 1
        client-3-54 plant/3/55  (qos is 3)
    mend: mqdyn subscribe client-3-54 plant/3/55 --qos 1

warning  retained_empty  mqtt_retain
    retained messages with an empty payload: 1
        plant/3/49
    mend: mqdyn doctor --check retained_empty --fix

warning  ghost_client  mqtt_client
    clients that say online and most likely are not: 1
        client-3-60  (on gone@client-3-61 since 2023-03-31T09:15:00.000Z)
    mend: mqdyn update mqtt_client client-3-60 --set connect_state=0 --if 'connect_state = 1'

note  map_empty  mqtt_topic_msg_map
    topics without any ids: 1
        plant/3/30
    mend: mqdyn doctor --check map_empty --fix
`);
    expect(stderr).toMatch(/^1 error, 2 warnings, 1 note; \d+ items read, [\d.]+ read units\n$/);
  });

  it('says what it means with --wide', async () => {
    const { stdout } = await doctor('--check', 'retained_empty', '--wide');
    expect(stdout).toContain('so the backend never stores one');
    expect(stdout).toContain('repair: The item is deleted');
  });

  it('exits 0 where nothing but notes is found, and where nothing is', async () => {
    expect((await doctor('--check', 'map_empty,time_unit')).code).toBe(0);
    const clean = await doctor('--table-prefix', 'clean-', '--json');
    expect([clean.code, itemsOf(clean)]).toEqual([0, []]);
    expect(clean.stderr).toContain('no findings; 0 items read');
  });

  it('tells a table that is missing or has another key, and what it could not check', async () => {
    const missing = await doctor('--table-prefix', 'none-', '--check', 'map_id_without_message', '--json');
    expect(missing.code).toBe(1);
    expect(counts(missing)).toEqual({ table_missing: 2 });
    expect(missing.stderr).toContain('not checked, as a table is missing: map_id_without_message');
  });

  it('writes every check for Prometheus, those that found nothing as 0', async () => {
    const { code, stdout } = await doctor('--check', 'retained_empty,retained_flag,msgid_future', '--format', 'prometheus');
    expect(code).toBe(1);
    expect(stdout.split('\n').slice(0, 4)).toEqual([
      '# HELP mqdyn_doctor_findings Findings of mqdyn doctor by check, table and severity.',
      '# TYPE mqdyn_doctor_findings gauge',
      'mqdyn_doctor_findings{check="retained_flag",table="mqtt_retain",severity="warning"} 1',
      'mqdyn_doctor_findings{check="retained_empty",table="mqtt_retain",severity="warning"} 1',
    ]);
    expect(stdout).toContain('{check="msgid_future",table="mqtt_acked",severity="warning"} 0');
  });

  it('goes by the rules of a configuration, and by its server where no target is named', async () => {
    const conf = join(folder.path, 'store.conf');
    writeFileSync(
      conf,
      `backend.dynamo.pool1.server = ${engine.endpoint}
backend.dynamo.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_store"}, "pool": "pool1"}
`,
    );
    const checks = 'message_without_id,message_store_only';
    const result = await runCommand(Doctor, ['--hooks', conf, '--check', checks, '--json'], { now: DAMAGE_NOW });
    // no rule queues anything, so that no message misses its id
    const all = (found['message_without_id'] ?? 0) + (found['message_store_only'] ?? 0);
    expect([result.code, counts(result)]).toEqual([0, { message_store_only: all }]);
  });

  it('lists its checks without a target', async () => {
    const { code, stdout } = await runCommand(Doctor, ['--list-checks', '--json']);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { items: object[] }).items).toHaveLength(27);
  });

  it('estimates from a part, and checks one part of several', async () => {
    const items = itemsOf(await doctor('--subset', '100%', '--check', 'retained_flag', '--json')) as unknown as object[];
    expect(items).toMatchObject([{ count: 1, estimate: 1, low: 1 }]);
    const estimated = await doctor('--subset', '5%', '--check', 'sub_qos_invalid');
    expect(estimated.stderr).toMatch(/part \d+ of 20 was read; of what it does not show there are at most 7\d in all \(95 %\)/);
    const parts = await Promise.all(
      [1, 2, 3].map((part) => doctor('--subset', `${part}/3`, '--check', 'attribute_type', '--json')),
    );
    expect(parts.map(counts).reduce((sum, part) => sum + (part['attribute_type'] ?? 0), 0)).toBe(found['attribute_type']);
  });

  it.each([
    ['--check nope', 'unknown check "nope".'],
    ['--check map_emty', 'Did you mean map_empty?'],
    ['--subset 3/2', 'invalid subset "3/2"; use 3/30'],
    ['--subset 0%', 'invalid subset "0%"'],
    ['--subset 1/3 --segments 4', '--subset'],
    ['--fix --format prometheus', '--format prometheus only reports'],
    ['--journal x', '--journal is for what --fix changes'],
    ['--plan x --check map_empty', '--plan'],
  ])('%s is a usage error', async (argv, says) => {
    const { code, stderr, stdout } = await doctor(...argv.split(' '));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
  });
});

describe('doctor --fix', () => {
  const journal = join(folder.path, 'fix.journal');
  const plan = join(folder.path, 'repairs.plan');

  it('needs consent, and changes nothing without', async () => {
    const { code, stderr } = await doctor('--fix', '--check', 'retained_empty', '--journal', journal);
    expect(code).toBe(11);
    expect(stderr).toContain('to be mended: retained_empty, 1. The item is deleted');
    expect(stderr).toContain('mending needs --yes');
    expect(existsSync(journal)).toBe(false);
  });

  it('saves a plan, refuses it once it was altered or is for another target, and carries it out', async () => {
    const saved = await doctor('--fix', '--plan-out', plan, '--check', 'retained_empty,retained_flag,attribute_type', '--json');
    expect(saved.code).toBe(1);
    expect(saved.stderr).toContain(`4 repairs saved in ${plan}`);
    const altered = join(folder.path, 'altered.plan');
    writeFileSync(altered, readFileSync(plan, 'utf8').replace('"retained_empty"', '"retained_flag"'));
    const refused = await doctor('--plan', altered, '--yes');
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('its checksum is wrong')]);
    const other = await memoryEngine();
    const elsewhere = await runCommand(Doctor, ['--plan', plan, '--yes', '--endpoint-url', other.endpoint]);
    await other.stop();
    expect([elsewhere.code, elsewhere.stderr]).toEqual([11, expect.stringContaining('the plan was made for')]);
    const done = await doctor('--plan', plan, '--yes', '--json', '--journal', journal);
    expect(done.code).toBe(0);
    expect(itemsOf(done)).toEqual([
      { check: 'attribute_type', fixed: 2, left: 0 },
      { check: 'retained_flag', fixed: 1, left: 0 },
      { check: 'retained_empty', fixed: 1, left: 0 },
    ]);
    expect(done.stderr).toContain(`to take them back: mqdyn rewind ${journal}`);
  });

  it('leaves what has changed since the plan was made, lists it, and exits 3', async () => {
    const again = await doctor('--plan', plan, '--yes', '--json', '--journal', journal);
    // what the first run deleted or changed is as the plan wants it already
    expect(again.code).toBe(0);
    const stale = join(folder.path, 'stale.plan');
    await doctor('--fix', '--plan-out', stale, '--check', 'retained_wildcard');
    const dynamo = connectTo(engine.endpoint);
    const [wild] = rows.mqtt_retain.filter(({ topic }) => 'S' in topic! && topic.S.endsWith('+'));
    await fillTables(dynamo, { mqtt_retain: [{ ...wild, payload: { S: 'new' } }] });
    dynamo.close();
    const result = await doctor('--plan', stale, '--yes', '--json', '--journal', journal);
    expect(result.code).toBe(3);
    expect(itemsOf(result)).toEqual([{ check: 'retained_wildcard', fixed: 0, left: 1 }]);
    expect(result.stderr).toContain('left: plant/3/51/+: the item has changed meanwhile');
  });

  it('mends the rest, and a second look finds only what has no safe repair', async () => {
    const fixed = await doctor('--fix', '--yes', '--json', '--journal', journal);
    expect(fixed.code).toBe(1);
    expect(itemsOf(fixed).every(({ left: rest }) => rest === 0)).toBe(true);
    expect(counts(await doctor('--json'))).toEqual(left);
  });
});

it('every check of items has a way to damage tables', () => {
  const ofTables = ['table_missing', 'foreign_schema', 'schema_drift'];
  expect(Object.keys(found).toSorted()).toEqual(
    CHECKS.map(({ id }) => id)
      .filter((id) => !ofTables.includes(id))
      .toSorted(),
  );
});

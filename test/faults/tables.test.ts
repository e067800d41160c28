import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deleteTable } from '../../src/dynamo/tables.ts';
import { isWrite } from '../harness/fault-proxy.ts';
import { createTables, memoryEngine } from '../harness/memory-engine.ts';
import { ReplayFixture, usualLog } from '../harness/replay-fixture.ts';
import { replaySuite } from '../harness/replay-suite.ts';

const LOG = usualLog(200);
const suite = replaySuite();
const open = (content: Parameters<typeof suite.open>[0] = LOG) => suite.open(content);

describe('the state of the tables', () => {
  it('S9 a table is being deleted: exit 11, untouched', async () => {
    const slow = await memoryEngine({ createTableMs: 0, deleteTableMs: 3_000 } as object);
    const fixture = await ReplayFixture.open(slow, LOG);
    await deleteTable(fixture.direct, `${fixture.prefix}mqtt_msg`);
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([11, 'E_TABLE_STATE']);
    expect(error?.message).toContain('DELETING; DynamoDB may still accept writes and lose them');
    expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect([fixture.recording.checkpoint, fixture.recording.rejects].filter((file) => existsSync(file))).toEqual([]);
    await fixture.close();
    await slow.stop();
  });

  it('S15 a table is missing: exit 4, the table and the target named', async () => {
    const fixture = await open();
    await deleteTable(fixture.direct, `${fixture.prefix}mqtt_acked`);
    await delay(20);
    const { code, stderr } = await fixture.command();
    expect(code).toBe(4);
    expect(stderr).toContain(`${fixture.prefix}mqtt_acked not found in local at ${fixture.proxy.url}`);
    expect(stderr).toContain('Run: mqdyn tables create');
    expect(fixture.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect([fixture.recording.checkpoint, fixture.recording.rejects].filter((file) => existsSync(file))).toEqual([]);
  });

  it.each(['between two writes', 'after the last write'])(
    'S16 a table is dropped and recreated %s: exit 11, and the message says that earlier writes are lost',
    async (when) => {
      const fixture = await open();
      let made: Promise<unknown> | undefined;
      let isBusy = false;
      const anew = () => {
        isBusy = made === undefined;
        made ??= deleteTable(fixture.direct, `${fixture.prefix}mqtt_retain`)
          .then(() => delay(20))
          .then(() => createTables(fixture.direct, fixture.prefix))
          .finally(() => (isBusy = false));
      };
      // calls meanwhile are held until the table is back
      fixture.proxy.plan = () => (isBusy ? { kind: 'late', ms: 500 } : undefined);
      let [writes, looks] = [0, 0];
      fixture.proxy.watch = (point, { operation, tables }) => {
        if (operation === 'DescribeTable' && point === 'arrived' && (looks += 1) === 6 && when === 'after the last write') anew();
        if (!isWrite(operation) || !tables[0]!.endsWith('mqtt_retain') || point !== 'answered') return;
        if ((writes += 1) === 3 && when === 'between two writes') anew();
      };
      const { code, error } = await fixture.replay({ concurrency: 1 });
      await made;
      expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
      expect(error?.message).toContain(`${fixture.prefix}mqtt_retain changed identity during the run`);
      expect(error?.hint).toBe('What was written before is lost. Start over without --resume.');
      fixture.proxy.reset();
      const again = await fixture.resume();
      expect([again.code, again.error?.code]).toEqual([11, 'E_MISMATCH']);
    },
  );

  it.each(['in the middle', 'after the last write'])(
    'S16 a table is dropped %s: exit 11, and the message says what is lost',
    async (when) => {
      const fixture = await open();
      let dropped: Promise<unknown> | undefined;
      let isBusy = false;
      const drop = () => {
        isBusy = dropped === undefined;
        dropped ??= deleteTable(fixture.direct, `${fixture.prefix}mqtt_retain`)
          .then(() => delay(50))
          .finally(() => (isBusy = false));
      };
      // calls meanwhile are held until the table is gone
      fixture.proxy.plan = () => (isBusy ? { kind: 'late', ms: 500 } : undefined);
      let [writes, looks] = [0, 0];
      fixture.proxy.watch = (point, { operation, tables }) => {
        if (operation === 'DescribeTable' && point === 'arrived' && (looks += 1) === 6 && when === 'after the last write') drop();
        if (!isWrite(operation) || !tables[0]!.endsWith('mqtt_retain') || point !== 'answered') return;
        if ((writes += 1) === 3 && when === 'in the middle') drop();
      };
      const { code, error } = await fixture.replay({ concurrency: 1 });
      await dropped;
      expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
      expect(error?.message).toContain(`${fixture.prefix}mqtt_retain not found in local at`);
      expect(error?.message).toContain('dropped during the run');
      expect(error?.hint).toBe('What was written before is lost. Start over without --resume.');
      await createTables(fixture.direct, fixture.prefix);
    },
  );
});

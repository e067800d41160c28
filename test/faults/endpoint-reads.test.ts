import { describe, expect, it } from 'vitest';
import Scan from '../../src/commands/scan.ts';
import { batchGetRaw } from '../../src/dynamo/batch-get.ts';
import { chance, type FaultPlan } from '../harness/fault-proxy.ts';
import { connectTo } from '../harness/memory-engine.ts';
import { usualLog } from '../harness/replay-fixture.ts';
import { replaySuite } from '../harness/replay-suite.ts';
import { runCommand } from '../harness/run-command.ts';

const LOG = usualLog(200);
const suite = replaySuite();

const open = (plan?: FaultPlan, requestTimeoutMs?: number) =>
  suite.open(LOG, { ...(plan && { plan }), ...(requestTimeoutMs !== undefined && { requestTimeoutMs }) });

describe('reads', () => {
  it('E19 an empty page with a LastEvaluatedKey is not the end', async () => {
    const fixture = await open();
    await fixture.replay();
    let pages = 0;
    const key = { msgid: { S: 'MA' } };
    fixture.proxy.reset(({ operation }) =>
      operation === 'Scan' && (pages += 1) === 1
        ? { kind: 'reply', body: { Items: [], Count: 0, ScannedCount: 0, LastEvaluatedKey: key } }
        : undefined,
    );
    const { code, stdout } = await runCommand(Scan, ['mqtt_msg', '--count', '--json', ...fixture.target]);
    expect(code).toBe(0);
    expect(pages).toBe(2);
    expect(JSON.parse(stdout)).toHaveProperty('count');
  });

  it('E19 the same LastEvaluatedKey twice: exit 5, no endless loop', async () => {
    const fixture = await open();
    const body = { Items: [], Count: 0, ScannedCount: 0, LastEvaluatedKey: { msgid: { S: 'MA' } } };
    fixture.proxy.reset(({ operation }) => (operation === 'Scan' ? { kind: 'reply', body } : undefined));
    const { code, stderr } = await runCommand(Scan, ['mqtt_msg', '--count', ...fixture.target]);
    expect([code, stderr]).toEqual([5, expect.stringContaining('does not advance') as string]);
    expect(fixture.proxy.calls['Scan']).toBeLessThanOrEqual(3);
  });

  it('E19 unprocessed keys of a read are read again', async () => {
    const fixture = await open();
    await fixture.replay();
    fixture.proxy.reset(({ index, operation }) =>
      operation === 'BatchGetItem' ? { kind: 'unprocessed', left: (position) => chance(index, position) < 0.5 } : undefined,
    );
    const keys = Array.from({ length: 5 }, (_, index) => ({ clientid: { S: `sensor-${index}` } }));
    const dynamo = connectTo(fixture.proxy.url);
    const { items } = await batchGetRaw(dynamo, `${fixture.prefix}mqtt_client`, keys, new AbortController().signal);
    dynamo.close();
    expect(items).toHaveLength(5);
    expect(fixture.proxy.calls['BatchGetItem']).toBeGreaterThan(1);
  });
});

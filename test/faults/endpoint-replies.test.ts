import { describe, expect, it } from 'vitest';
import { writesFrom } from '../harness/fault-plans.ts';
import { type Fault, type FaultPlan } from '../harness/fault-proxy.ts';
import { ack, publish, usualLog } from '../harness/replay-fixture.ts';
import { replaySuite } from '../harness/replay-suite.ts';

const LOG = usualLog(200);
const suite = replaySuite();

const open = (plan?: FaultPlan, requestTimeoutMs?: number) =>
  suite.open(LOG, { ...(plan && { plan }), ...(requestTimeoutMs !== undefined && { requestTimeoutMs }) });

describe('replies that are broken or late', () => {
  it.each(['empty', 'html'] as const)('E10 the first replies are %s: exit 4 at once, no file created', async (kind) => {
    const fixture = await open(() => ({ kind }));
    const { code, error } = await fixture.replay();
    expect([code, error?.code]).toEqual([4, 'E_PROTOCOL']);
    expect(error?.message).toContain('answered 200 but is not DynamoDB (no request id');
    expect(error?.hint).toContain('proxy or a captive portal');
    expect(fixture.proxy.calls['DescribeTable']).toBeLessThanOrEqual(5);
    fixture.proxy.reset();
    await fixture.expectUntouched();
  });

  it.each<[what: string, fault: Fault, code: string, said: string]>([
    ['cut in their JSON', { kind: 'half' }, 'E_PROTOCOL', 'a reply that is not JSON'],
    ['cut off', { kind: 'truncate' }, 'E_ENDPOINT', 'cannot reach'],
    ['of another shape', { kind: 'reply', body: { Table: null } }, 'E_PROTOCOL', 'its Table is null, not an object'],
    ['those of a gateway', { kind: 'redirect', status: 503 }, 'E_PROTOCOL', 'answered 503 but is not DynamoDB'],
  ])('E10 the first replies are %s: retried, then exit 5, no file created (fault 16)', async (_, fault, code, said) => {
    const fixture = await open(() => fault);
    const { code: exit, error } = await fixture.replay();
    expect([exit, error?.code]).toEqual([5, code]);
    expect(error?.message).toContain(said);
    expect(fixture.proxy.calls['DescribeTable']).toBeGreaterThan(5);
    fixture.proxy.reset();
    await fixture.expectUntouched();
  });

  it.each(['half', 'truncate'] as const)('E10 only the first reply is broken (%s): exit 0 (fault 16)', async (kind) => {
    const fixture = await open(({ index }) => (index === 0 ? { kind } : undefined));
    expect((await fixture.replay()).code).toBe(0);
    await fixture.expectDone();
  });

  it.each(['empty', 'html', 'half'] as const)(
    'E10 replies become %s during the run: exit 5, the checkpoint does not move',
    async (kind) => {
      const fixture = await open(writesFrom(30, { kind }));
      const { code, error } = await fixture.replay({ retryForMs: 500 });
      expect([code, error?.code]).toEqual([5, 'E_PROTOCOL']);
      await fixture.expectResumable();
    },
  );

  it('E10 replies are cut off for a while: exit 0', async () => {
    const fixture = await open(writesFrom(5, { kind: 'truncate' }, 12));
    expect((await fixture.replay()).code).toBe(0);
    await fixture.expectDone();
  });

  it('E11 a call that timed out is applied late: no newer write of its window is sent before that', async () => {
    const clientid = 'c';
    const log = [
      { event: 'client.connected', clientid, node: 'n', timestamp: 1_714_727_730_000 },
      ...Array.from({ length: 30 }, (_, index) => publish(index)),
      { event: 'client.disconnected', clientid, reason: 'normal', timestamp: 1_714_727_790_000 },
    ];
    let late = 0;
    const fixture = await suite.open(log, {
      requestTimeoutMs: 150,
      plan: ({ operation, tables }) => {
        const first = operation === 'BatchWriteItem' && tables[0]!.endsWith('mqtt_client') && (late += 1) === 1;
        return first ? { kind: 'late', ms: 900 } : undefined;
      },
    });
    const { code, result } = await fixture.replay({ lateMs: 1_200 });
    expect([code, result?.writer.retries, result?.reconciled]).toEqual([0, 1, 0]);
    await fixture.expectDone();
  });

  it('E11 ids that a late call adds again after their removal are found and removed', async () => {
    const topic = 't';
    const log = [publish(1, { topic }), publish(2, { topic }), ack(1, { topic })];
    let late = 0;
    const fixture = await suite.open(log, {
      requestTimeoutMs: 150,
      plan: ({ operation }) => (operation === 'UpdateItem' && (late += 1) === 1 ? { kind: 'late', ms: 900 } : undefined),
    });
    const { code, notices, result } = await fixture.replay({ lateMs: 1_200 });
    expect([code, result?.reconciled]).toEqual([0, 1]);
    expect(notices).toContain('reconciled 1 topic after calls whose outcome was unknown');
    await fixture.expectDone();
  });

  it('E11 a late call of a run that stopped is handled by --resume', async () => {
    const clientid = 'c';
    const log = [
      { event: 'client.connected', clientid, node: 'n', timestamp: 1_714_727_730_000 },
      { event: 'client.disconnected', clientid, reason: 'normal', timestamp: 1_714_727_790_000 },
    ];
    const fixture = await suite.open(log, { requestTimeoutMs: 100, plan: writesFrom(0, { kind: 'late', ms: 1_200 }) });
    const { code } = await fixture.replay({ retryForMs: 50, window: { events: 1, bytes: 1 << 20 } });
    expect(code).toBe(5);
    fixture.proxy.reset();
    // the resumed run writes nothing until the late call can no longer arrive
    const again = await fixture.resume({ lateMs: 1_500 });
    expect(again.code).toBe(0);
    await fixture.expectDone();
  });
});

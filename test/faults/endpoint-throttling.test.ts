import { describe, expect, it } from 'vitest';
import type { Item } from '../../src/domain/item.ts';
import { KEYS, TABLES as TABLE_NAMES } from '../../src/domain/records/tables.ts';
import { writesFrom } from '../harness/fault-plans.ts';
import { chance, type FaultPlan, isWrite } from '../harness/fault-proxy.ts';
import { usualLog } from '../harness/replay-fixture.ts';
import { replaySuite } from '../harness/replay-suite.ts';

const LOG = usualLog(200);
const suite = replaySuite();

const open = (plan?: FaultPlan, requestTimeoutMs?: number) =>
  suite.open(LOG, { ...(plan && { plan }), ...(requestTimeoutMs !== undefined && { requestTimeoutMs }) });
/** Table and key of one request of a BatchWriteItem. */
function keyOf(table: string, write: { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } }): string {
  const name = TABLE_NAMES.find((one) => table.endsWith(one))!;
  const item = write.PutRequest?.Item ?? write.DeleteRequest!.Key;
  return JSON.stringify([name, ...KEYS[name].map((attribute) => item[attribute])]);
}

describe('an endpoint that throttles or refuses calls for a while', () => {
  it.each([500, 503])('E6 a fifth of the calls fail with HTTP %d: exit 0, retries are counted', async (status) => {
    const failing = (index: number) => chance(status, index) < 0.2;
    const fixture = await open(({ index, operation }) =>
      isWrite(operation) && failing(index) ? { kind: 'error', name: 'InternalServerError', status } : undefined,
    );
    const { code, result, notices } = await fixture.replay();
    expect(code).toBe(0);
    expect(result!.writer.retries).toBeGreaterThan(0);
    expect(result!.rejected).toBe(0);
    // for each of the five tables at most one notice that it fails and one that it works again, however often that alternates
    expect(notices.filter((sentence) => /retrying|takes writes again/.test(sentence)).length).toBeLessThanOrEqual(10);
    await fixture.expectDone();
  });

  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
    'E7 calls are throttled with %s for a while: exit 0',
    async (name) => {
      const fixture = await open(writesFrom(5, { kind: 'error', name }, 25));
      const { code, result } = await fixture.replay();
      expect([code, result!.writer.retries]).toEqual([0, 20]);
      await fixture.expectDone();
    },
  );

  it('E7 one table is throttled for good: exit 5, the table and the reason named, other tables go on', async () => {
    const fixture = await open(({ operation, tables }) =>
      isWrite(operation) && tables[0]!.endsWith('mqtt_retain')
        ? { kind: 'error', name: 'ProvisionedThroughputExceededException', message: 'key-range limit' }
        : undefined,
    );
    const { code, error } = await fixture.replay({ retryForMs: 300 });
    expect([code, error?.code]).toEqual([5, 'E_THROTTLED']);
    expect(error?.message).toContain(`${fixture.prefix}mqtt_retain refused writes`);
    expect(error?.message).toContain('key-range limit');
    expect(error?.hint).toContain('Raise the capacity of the table');
    const others = fixture.proxy.history.filter(({ applied, tables }) => applied && tables[0]!.endsWith('mqtt_msg'));
    expect(others.length).toBeGreaterThan(0);
    await fixture.expectResumable();
  });

  it('E8 a random half is unprocessed: exit 0, only that half is sent again, no key twice in a call', async () => {
    const isLeft = (index: number, position: number) => chance(index, position) < 0.5;
    const fixture = await open(({ index, operation }) =>
      operation === 'BatchWriteItem' ? { kind: 'unprocessed', left: (position) => isLeft(index, position) } : undefined,
    );
    const calls: { keys: string[]; left: string[] }[] = [];
    fixture.proxy.watch = (point, { index, operation }, body) => {
      if (point !== 'arrived' || operation !== 'BatchWriteItem') return;
      const [[table, writes]] = Object.entries(body.RequestItems!) as [[string, object[]]];
      const keys = writes.map((write) => keyOf(table, write));
      calls.push({ keys, left: keys.filter((_, position) => isLeft(index, position)) });
    };
    const { code, result } = await fixture.replay();
    expect(code).toBe(0);
    const leftOver = calls.filter(({ left }) => left.length > 0);
    expect(leftOver.length).toBeGreaterThan(10);
    expect(result!.writer.retries).toBe(leftOver.length);
    for (const { keys } of calls) expect(new Set(keys).size).toBe(keys.length);
    const sent = calls.map(({ keys }) => keys.join());
    for (const call of leftOver) expect(sent.slice(calls.indexOf(call) + 1)).toContain(call.left.join());
    await fixture.expectDone();
  });

  it.each<[what: string, left: (table: string) => object]>([
    ['a key that was not sent', (table) => ({ [table]: [{ DeleteRequest: { Key: { topic: { S: 'nobody/sent/this' } } } }] })],
    ['another table', () => ({ another: [{ DeleteRequest: { Key: { topic: { S: 't' } } } }] })],
  ])('E8 a reply names %s as unprocessed: the whole call is made again, exit 0', async (_, left) => {
    const tables = new Map<number, string>();
    const fixture = await open(({ index, operation, tables: [table] }) => {
      if (operation !== 'BatchWriteItem' || index % 2 === 0 || tables.size > 9) return undefined;
      tables.set(index, table!);
      return { kind: 'reply', body: { UnprocessedItems: left(table!) } };
    });
    const { code, result } = await fixture.replay();
    expect(code).toBe(0);
    expect(tables.size).toBeGreaterThan(2);
    expect(result!.writer.retries).toBe(tables.size);
    await fixture.expectDone();
  });

  it('E8 everything is unprocessed for a while: exit 0', async () => {
    const fixture = await open(writesFrom(3, { kind: 'unprocessed', left: () => true }, 20));
    expect((await fixture.replay()).code).toBe(0);
    await fixture.expectDone();
  });

  it('E8 everything is unprocessed for good: exit 5, nothing rejected', async () => {
    const fixture = await open(({ operation }) =>
      operation === 'BatchWriteItem' ? { kind: 'unprocessed', left: () => true } : undefined,
    );
    const { code, error } = await fixture.replay({ retryForMs: 300 });
    expect([code, error?.code]).toEqual([5, 'E_THROTTLED']);
    await fixture.expectResumable();
  });
});

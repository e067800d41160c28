import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { storeSubscriptions } from '../../../src/app/subscriptions.ts';
import { connectTo } from '../../harness/memory-engine.ts';
import { startWireServer, type WireServer } from '../../harness/wire-server.ts';

let server: WireServer;
beforeAll(async () => {
  server = await startWireServer();
});
afterAll(() => server.close());

it('ends at the first row that fails, when nothing is under way any more', async () => {
  const refusal = { status: 400, body: '{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}' };
  let underWay = 0;
  server.reply = async () => {
    const number = server.requests.length;
    underWay += 1;
    // the fifth is refused while the others are still on their way
    await delay(number === 5 ? 20 : 60);
    underWay -= 1;
    return number === 5 ? refusal : {};
  };
  const dynamo = connectTo(server.endpoint);
  const context = { dynamo, liveName: (table: string) => table, signal: new AbortController().signal };
  const subscriptions = Array.from({ length: 100 }, (_, row) => ({ clientid: 'a', topic: `t/${row}`, qos: 1 }));
  await expect(storeSubscriptions(context, subscriptions)).rejects.toMatchObject({ code: 'E_DENIED' });
  expect([server.requests.length, underWay]).toEqual([8, 0]);
  await delay(100);
  expect(server.requests).toHaveLength(8);
});

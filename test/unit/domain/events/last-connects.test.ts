import { expect, it } from 'vitest';
import type { HookEvent } from '../../../../src/domain/events/event.ts';
import { LastConnects } from '../../../../src/domain/events/last-connects.ts';

const connect = (clientid: string, onlineAtMs: number): HookEvent => ({
  hook: 'client.connected',
  clientid,
  node: 'n',
  onlineAtMs,
});
const disconnect = (clientid: string, offlineAtMs: number | bigint): HookEvent => ({
  hook: 'client.disconnected',
  clientid,
  offlineAtMs,
  reason: 'tcp_closed',
});

it('a disconnect is late when it is older than the last connect of its client, in whatever order connects came', () => {
  const connects = new LastConnects();
  expect(connects.isLate(disconnect('a', 5))).toBe(false);
  expect(connects.isLate(connect('a', 100))).toBe(false);
  expect(connects.isLate(connect('a', 50))).toBe(false);
  expect([99, 100, 101].map((at) => connects.isLate(disconnect('a', at)))).toEqual([true, false, false]);
  expect(connects.isLate(disconnect('a', 99n))).toBe(true);
  expect(connects.isLate(disconnect('b', 5))).toBe(false);
});

it('memory is bounded: the client that connected least recently is forgotten', () => {
  const connects = new LastConnects(2);
  for (const [client, at] of [
    ['a', 100],
    ['b', 100],
    ['a', 110],
    ['c', 100],
  ] as const)
    connects.isLate(connect(client, at));
  expect(['a', 'b', 'c'].map((client) => connects.isLate(disconnect(client, 1)))).toEqual([true, false, true]);
});

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Health } from '../../../../src/app/live/health.ts';
import { MqdynError } from '../../../../src/domain/errors.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['performance', 'Date'] }));
afterEach(() => vi.useRealTimers());

it('forgets a refusal after a while, as somebody who asks first has to try again', () => {
  const health = new Health(() => undefined);
  health.refused(new MqdynError('E_OUTPUT', 'the spool is full'));
  expect(health.reason).toBe('E_OUTPUT');
  vi.advanceTimersByTime(10_001);
  expect(health.reason).toBeUndefined();
});

it('keeps the fault of the last window until one succeeds', () => {
  const notices: string[] = [];
  const health = new Health((sentence) => notices.push(sentence));
  health.failed(new MqdynError('E_THROTTLED', 'table mqtt_msg refused writes'));
  vi.advanceTimersByTime(60_000);
  expect(health.reason).toBe('E_THROTTLED');
  health.succeeded();
  expect([health.reason, notices]).toEqual([
    undefined,
    ['table mqtt_msg refused writes; retrying', expect.stringContaining('events are applied again')],
  ]);
});

it.each([new MqdynError('E_SPOOL', 'damaged'), new MqdynError('E_BUG', 'a bug'), new TypeError('x')])('passes %s on', (fault) => {
  expect(() => new Health(() => undefined).failed(fault)).toThrow(fault);
  expect(() => new Health(() => undefined).refused(fault)).toThrow(fault);
});

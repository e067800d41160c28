import { describe, expect, it } from 'vitest';
import type { HookEvent } from '../../../../src/domain/events/event.ts';
import { EventHistory, type HistoryLimits } from '../../../../src/domain/events/event-history.ts';

const NOW = 1_714_727_725_004;
const connect = (at: number, clientid = 'c'): HookEvent => ({ hook: 'client.connected', clientid, node: 'n', onlineAtMs: at });
const disconnect = (at: number | bigint, session?: number, clientid = 'c'): HookEvent => ({
  hook: 'client.disconnected',
  clientid,
  offlineAtMs: at,
  reason: 'tcp_closed',
  connectedAtMs: session,
});
const acked = (guid: string): HookEvent => ({ hook: 'message.acked', clientid: 'c', topic: 't', guid });
const published = (guid: string): HookEvent => ({
  hook: 'message.publish',
  message: { guid, topic: 't', sender: 'p', qos: 1, retain: false, payload: 'x', arrivedMs: NOW },
});

/** A history in which events were applied. */
function after(events: readonly (HookEvent | { event: HookEvent; untimed: true })[], limits?: HistoryLimits): EventHistory {
  const history = new EventHistory(limits);
  for (const event of events) history.note('event' in event ? event : { event }, NOW);
  history.commit();
  return history;
}

describe('what comes too late', () => {
  it.each<[string, Parameters<typeof after>[0], HookEvent, boolean]>([
    ['a disconnect of a client that is not known', [], disconnect(NOW), false],
    ['a disconnect behind its connect', [connect(NOW)], disconnect(NOW), false],
    ['a disconnect that is older than the last connect', [connect(NOW)], disconnect(NOW - 1), true],
    ['the same in digits beyond a double', [connect(NOW)], disconnect(99n), true],
    ['the same after an older connect came late', [connect(NOW), connect(NOW - 9)], disconnect(NOW - 1), true],
    ['a disconnect of the session that was taken over', [connect(NOW)], disconnect(NOW + 5, NOW - 60_000), true],
    ['a disconnect whose session is told in whole seconds', [connect(NOW)], disconnect(NOW + 5, NOW - 4), false],
    ['a connect behind the end of its session', [disconnect(NOW + 5, NOW)], connect(NOW), true],
    ['a connect behind the end of the session before', [disconnect(NOW + 5, NOW - 60_000)], connect(NOW), false],
    ['a connect where nobody told which session ended', [disconnect(NOW + 5)], connect(NOW), false],
    ['a disconnect behind a connect of the year 2030', [connect(1_900_000_000_000)], disconnect(NOW), false],
    ['a disconnect behind a connect without a time', [{ event: connect(NOW), untimed: true }], disconnect(NOW - 9), false],
  ])('%s', (_what, events, event, isLate) => {
    expect(after(events).isLate({ event })).toBe(isLate);
    // clocks of a broker and of this machine differ
    expect(after(events).isLate({ event, untimed: true })).toBe(false);
  });

  it('is a publish behind its own ack', () => {
    const history = after([acked('A')]);
    expect(['A', 'B'].map((guid) => history.wasAcked(published(guid)))).toEqual([true, false]);
  });

  it('is not what is read once more after it could not be sent', () => {
    const history = new EventHistory();
    for (const event of [connect(NOW), disconnect(NOW + 1, NOW), published('A'), acked('A')]) history.note({ event }, NOW);
    expect([history.isLate({ event: connect(NOW) }), history.wasAcked(published('A'))]).toEqual([true, true]);
    history.rollBack();
    expect([history.isLate({ event: connect(NOW) }), history.wasAcked(published('A'))]).toEqual([false, false]);
  });
});

it('what is remembered is bounded by number and by size, and the oldest is forgotten', () => {
  const connects = ['a', 'b', 'a', 'c'].map((clientid) => connect(NOW, clientid));
  const known = (history: EventHistory) => ['a', 'b', 'c'].map((id) => history.isLate({ event: disconnect(1, undefined, id) }));
  const few = new EventHistory({ entries: 2 });
  const short = new EventHistory({ characters: 2 });
  for (const event of connects) {
    for (const history of [few, short]) {
      history.note({ event }, NOW);
      history.commit();
    }
  }
  expect([known(few), known(short)]).toEqual([
    [true, false, true],
    [true, false, true],
  ]);
});

import { describe, expect, it } from 'vitest';
import { n, s, type Item } from '../../../../src/domain/item.ts';
import {
  isItemSelected,
  isLostIdSelected,
  isMessageSelected,
  mayBeSelected,
  purgeSelection,
  type Asked,
  type PurgeKind,
} from '../../../../src/domain/purge/selection.ts';
import { DAY, idAt, message } from '../../../harness/purge-run.ts';

const NOW = Date.UTC(2024, 4, 4);
const OLD = NOW - 40 * DAY;
const select = (kind: PurgeKind, asked: Partial<Asked>) =>
  purgeSelection(kind, { offline: false, everything: false, ...asked }, NOW);

describe('what is selected', () => {
  it.each<[PurgeKind, Partial<Asked>, string]>([
    ['messages', {}, 'nothing says which messages to purge'],
    ['clients', { topic: 'a' }, '--topic does not select clients: the item of a client names no topic'],
    ['messages', { offline: true }, '--offline does not select messages: only clients are offline'],
    ['acks', { offline: true, client: 'a' }, '--offline does not select acks'],
    ['retained', { everything: true, client: 'a' }, '--everything and --client contradict each other'],
    ['messages', { topic: 'a/#/b' }, 'invalid topic filter'],
  ])('%s %j is a usage error', (kind, asked, says) => {
    expect(() => select(kind, asked)).toThrow(
      expect.objectContaining({ exit: 2, message: expect.stringContaining(says) as string }),
    );
  });

  it.each<[Partial<Asked>, Item, boolean]>([
    [{ topic: 'a/+' }, message(idAt(OLD), 'a/b'), true],
    [{ topic: 'a/+' }, message(idAt(OLD), 'a/b/c'), false],
    [{ topic: '#' }, message(idAt(OLD), '$SYS/x'), false],
    [{ topic: 'a' }, { msgid: s(idAt(OLD)) }, false],
    [{ client: 'sensor-1' }, message(idAt(OLD), 'a'), true],
    [{ client: 'sensor-2' }, message(idAt(OLD), 'a'), false],
    [{ client: '7' }, message(idAt(OLD), 'a', { sender: n(7) }), false],
    [{ olderThanMs: 40 * DAY }, message(idAt(OLD), 'a'), true],
    [{ olderThanMs: 40 * DAY }, message(idAt(OLD + 1), 'a'), false],
    // the time of the id counts, not the one that the message says
    [{ olderThanMs: 30 * DAY }, message(idAt(NOW), 'a', { arrived: n(OLD) }), false],
    [{ olderThanMs: 30 * DAY }, message('by hand', 'a', { arrived: n(OLD / 1_000) }), true],
    [{ olderThanMs: 30 * DAY }, { msgid: s('by hand') }, false],
    [{ everything: true }, { msgid: s('by hand') }, true],
  ])('messages %j: %j is %s', (asked, item, selected) => {
    expect(isMessageSelected(select('messages', asked), item)).toBe(selected);
  });

  it('a message without a topic is one of the topic that lists it', () => {
    expect(isMessageSelected(select('messages', { topic: 'a' }), { msgid: s(idAt(OLD)) }, 'a')).toBe(true);
  });

  it.each<[Partial<Asked>, string, boolean]>([
    [{ topic: 'a/#' }, 'no id', true],
    [{ topic: 'b' }, idAt(OLD), false],
    [{ olderThanMs: 30 * DAY }, idAt(OLD), true],
    [{ olderThanMs: 30 * DAY }, idAt(NOW), false],
    [{ olderThanMs: 30 * DAY }, 'no id', false],
    // nobody knows who sent it
    [{ client: 'sensor-1' }, idAt(OLD), false],
  ])('an id without a message under a/b, %j: %s is %s', (asked, id, selected) => {
    expect(isLostIdSelected(select('messages', asked), 'a/b', id)).toBe(selected);
  });

  it('an id is only read on for as long as its own time does not keep it', () => {
    const selection = select('messages', { olderThanMs: 30 * DAY });
    expect([idAt(OLD), idAt(NOW), 'no id'].map((id) => mayBeSelected(selection, id))).toEqual([true, false, true]);
    expect(mayBeSelected(select('messages', { topic: 'a' }), idAt(NOW))).toBe(true);
  });

  const client = (state: number, offlineAt: number): Item => ({
    clientid: s('c'),
    connect_state: n(state),
    offline_at: n(offlineAt),
  });
  it.each<[Partial<Asked>, Item, boolean]>([
    [{ offline: true }, client(0, OLD), true],
    [{ offline: true }, client(1, OLD), false],
    [{ offline: true }, { clientid: s('c') }, false],
    [{ olderThanMs: 30 * DAY }, client(0, OLD), true],
    [{ olderThanMs: 30 * DAY }, client(0, OLD / 1_000), true],
    [{ olderThanMs: 30 * DAY }, client(0, NOW), false],
    [{ olderThanMs: 30 * DAY }, client(0, 0), false],
    [{ olderThanMs: 30 * DAY }, client(1, OLD), false],
    [{ client: 'c' }, client(1, 0), true],
    [{ client: 'd' }, client(1, 0), false],
    [{ client: 'c', olderThanMs: 30 * DAY }, client(1, 0), false],
    [{ client: 'c', offline: true }, client(1, 0), false],
    [{ everything: true }, client(1, 0), true],
  ])('clients %j: %j is %s', (asked, item, selected) => {
    expect(isItemSelected(select('clients', asked), item)).toBe(selected);
  });

  it.each<[PurgeKind, Partial<Asked>, Item, boolean]>([
    ['acks', { topic: 'a/#', client: 'c' }, { topic: s('a'), clientid: s('c'), msgid: s(idAt(OLD)) }, true],
    ['acks', { topic: 'a/#', client: 'd' }, { topic: s('a'), clientid: s('c'), msgid: s(idAt(OLD)) }, false],
    ['acks', { olderThanMs: 30 * DAY }, { topic: s('a'), clientid: s('c'), msgid: s(idAt(OLD)) }, true],
    ['acks', { olderThanMs: 30 * DAY }, { topic: s('a'), clientid: s('c') }, false],
    ['retained', { olderThanMs: 30 * DAY }, message(idAt(NOW), 'a', { arrived: n(OLD) }), true],
    ['retained', { olderThanMs: 30 * DAY }, message(idAt(OLD), 'a', { arrived: n(NOW) }), false],
    ['retained', { topic: 'a', client: 'sensor-1' }, message(idAt(OLD), 'a'), true],
  ])('%s %j: %j is %s', (kind, asked, item, selected) => {
    expect(isItemSelected(select(kind, asked), item)).toBe(selected);
  });
});

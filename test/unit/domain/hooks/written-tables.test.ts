import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HookEvent } from '../../../../src/domain/events/event.ts';
import { topicOf } from '../../../../src/domain/events/facets.ts';
import { applyEvent } from '../../../../src/domain/hooks/apply.ts';
import { ACTIONS, DEFAULT_RULES, HOOK_OF, type Action, type HookRule } from '../../../../src/domain/hooks/rules.ts';
import { writtenTables } from '../../../../src/domain/hooks/written-tables.ts';
import { topicMatches } from '../../../../src/domain/mqtt/topic.ts';
import { TABLES } from '../../../../src/domain/records/tables.ts';

const ALL = ['mqtt_client', 'mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_retain', 'mqtt_acked'];
const only = (...actions: Action[]) => DEFAULT_RULES.filter(({ action }) => actions.includes(action));

describe('the tables that a replay can write', () => {
  it.each<[string, readonly HookRule[], string | undefined, string[]]>([
    ['the defaults', DEFAULT_RULES, undefined, ALL],
    ['connects alone', only('on_client_connected'), undefined, ['mqtt_client']],
    ['retained messages alone', only('on_message_retain', 'on_retain_delete'), undefined, ['mqtt_retain']],
    ['acks alone', only('on_message_acked_for_queue'), undefined, ['mqtt_msg', 'mqtt_topic_msg_map', 'mqtt_acked']],
    ['what only reads', only('on_subscribe_lookup', 'on_retain_lookup'), undefined, []],
    ['no rules', [], undefined, []],
    ['a topic: clients have none', DEFAULT_RULES, 'plant/#', ALL.slice(1)],
    ['a topic that no filter of the rules takes', DEFAULT_RULES, '$SYS/#', []],
    ['a topic on a client hook', [{ hook: 'client.connected', action: 'on_client_connected', filter: '#' }], undefined, []],
    ['an action on the hook of another', [{ hook: 'message.acked', action: 'on_client_connected' }], undefined, []],
    [
      'a topic beside the filter of one rule',
      [
        { hook: 'message.publish', action: 'on_message_store', filter: 'a/+' },
        { hook: 'message.publish', action: 'on_message_retain', filter: 'b/+' },
      ],
      'b/#',
      ['mqtt_retain'],
    ],
  ])('%s', (_, rules, topic, tables) => {
    expect(writtenTables(rules, topic)).toEqual(tables);
  });

  it('are exactly those that some event can write (fault 26)', () => {
    const filter = fc.constantFrom('#', '+', 'a', 'a/b', 'a/#', '+/b', '$s');
    const rule = fc
      .record({
        action: fc.constantFrom(...ACTIONS),
        hook: fc.option(fc.constantFrom(...Object.values(HOOK_OF))),
        filter: fc.option(filter),
      })
      .map(({ action, hook, filter: passing }): HookRule => ({
        hook: hook ?? HOOK_OF[action],
        action,
        ...(passing === null ? {} : { filter: passing }),
      }));
    const property = fc.property(fc.array(rule, { maxLength: 6 }), fc.option(filter, { nil: undefined }), (rules, topic) => {
      const written = new Set(EVENTS.filter((event) => isWanted(event, topic)).flatMap((event) => tablesOf(event, rules)));
      expect(writtenTables(rules, topic)).toEqual(TABLES.filter((table) => written.has(table)));
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});

const MESSAGE = { guid: '0'.repeat(32), sender: 'c', arrivedMs: 1 };

/** Every kind of event, on topics that distinguish all filters above and every pair of them. */
const EVENTS: readonly HookEvent[] = [
  { hook: 'client.connected', clientid: 'c', node: 'n', onlineAtMs: 1 },
  { hook: 'client.disconnected', clientid: 'c', reason: 'normal', offlineAtMs: 1 },
  ...['a', 'c', 'a/b', 'a/c', 'c/b', '$s'].flatMap((topic): HookEvent[] => [
    { hook: 'session.subscribed', clientid: 'c', filter: topic },
    { hook: 'session.unsubscribed', clientid: 'c', filter: topic },
    { hook: 'message.acked', clientid: 'c', topic, guid: MESSAGE.guid },
    ...['', 'x'].map((payload): HookEvent => {
      return { hook: 'message.publish', message: { ...MESSAGE, topic, qos: 1, retain: true, payload } };
    }),
  ]),
];

function isWanted(event: HookEvent, filter: string | undefined): boolean {
  const topic = topicOf(event);
  return filter === undefined || (topic !== undefined && topicMatches(topic, filter));
}

function tablesOf(event: HookEvent, rules: readonly HookRule[]): string[] {
  const effect = applyEvent(event, { rules, timeUnit: 's', binaryPayload: 'reject' });
  if ('reject' in effect) throw new Error(effect.reject.detail);
  return effect.mutations.map(({ table }) => table);
}

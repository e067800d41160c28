import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { HookEvent, RecordedMessage } from '../../../../src/domain/events/event.ts';
import { applyEvent, type ApplyOptions } from '../../../../src/domain/hooks/apply.ts';
import { DEFAULT_RULES, type HookRule } from '../../../../src/domain/hooks/rules.ts';
import { itemBytes } from '../../../../src/domain/item.ts';
import type { Mutation } from '../../../../src/domain/hooks/mutation.ts';
import { put } from './model.ts';

const GUID = '00061789293F818B6E0B00001A2B0001';
const MSGID = 'MzE2MzExNDM1OTYwMTY4OTUwMTkyMDE1MzUyMTM3NjQ2MDJ';
const STORE: HookRule = { hook: 'message.publish', action: 'on_message_store', filter: '#' };
const DEFAULTS: ApplyOptions = { rules: DEFAULT_RULES, timeUnit: 'ms', binaryPayload: 'reject' };

const MESSAGE: RecordedMessage = {
  guid: GUID,
  topic: 'plant/a/temp',
  sender: 'sensor-17',
  qos: 1,
  retain: false,
  payload: '{"t":21.5}',
  arrivedMs: 1714727730250,
};
const publish = (changes: Partial<RecordedMessage> = {}): HookEvent => ({
  hook: 'message.publish',
  message: { ...MESSAGE, ...changes },
});
const connected = (clientid = 'sensor-17'): HookEvent => ({
  hook: 'client.connected',
  clientid,
  node: 'emqx@10.0.0.5',
  onlineAtMs: 1714727725004,
});
const disconnected = (reason = 'normal'): HookEvent => ({
  hook: 'client.disconnected',
  clientid: 'sensor-17',
  offlineAtMs: 1714727899999,
  reason,
});
const acked = (changes = {}): HookEvent => ({
  hook: 'message.acked',
  clientid: 'panel-1',
  topic: 'plant/a/temp',
  guid: GUID,
  ...changes,
});
const unsubscribed = (filter = 'plant/a/temp'): HookEvent => ({ hook: 'session.unsubscribed', clientid: 'panel-1', filter });

/** The requests of an event as `kind table` words, or the reason of its reject. */
function outcome(event: HookEvent, options: Partial<ApplyOptions> = {}): string[] | string {
  const effect = applyEvent(event, { ...DEFAULTS, ...options });
  if ('reject' in effect) return `${effect.reject.reason}: ${effect.reject.detail}`;
  return effect.mutations.map(({ kind, table }) => `${kind} ${table}`);
}

function mutations(event: HookEvent, options: Partial<ApplyOptions> = {}): readonly Mutation[] {
  const effect = applyEvent(event, { ...DEFAULTS, ...options });
  if ('reject' in effect) throw new Error(effect.reject.detail);
  return effect.mutations;
}

describe('one publish', () => {
  const msg = ['put mqtt_msg', 'add-id mqtt_topic_msg_map'];
  it.each<[number, boolean, string, string[], boolean]>([
    [0, false, 'x', [], true],
    [0, false, '', [], true],
    [0, true, 'x', ['put mqtt_retain'], true],
    [0, true, '', ['delete mqtt_retain'], false],
    [1, true, '', ['delete mqtt_retain'], false],
    [2, true, '', ['delete mqtt_retain'], false],
    [1, false, 'x', msg, true],
    [2, false, 'x', msg, true],
    [1, false, '', msg, true],
    [2, false, '', msg, true],
    [1, true, 'x', [...msg, 'put mqtt_retain'], true],
    [2, true, 'x', [...msg, 'put mqtt_retain'], true],
  ])('QoS %i, retain %s, payload %j', (qos, retain, payload, expected, stores) => {
    const event = publish({ qos, retain, payload });
    expect(outcome(event)).toEqual(expected);
    expect(outcome(event, { rules: [STORE] })).toEqual(stores ? ['put mqtt_msg'] : []);
    expect(outcome(event, { rules: [...DEFAULT_RULES, STORE] })).toEqual(stores ? [...expected, 'put mqtt_msg'] : expected);
  });

  it('is not stored again as retained when it came from a store', () => {
    expect(outcome(publish({ retain: true, redispatched: true }))).toEqual(msg);
  });
});

describe('actions', () => {
  it('write what the backend writes', () => {
    const item = {
      msgid: { S: MSGID },
      topic: { S: 'plant/a/temp' },
      sender: { S: 'sensor-17' },
      qos: { N: '1' },
      retain: { N: '1' },
      payload: { S: '{"t":21.5}' },
      arrived: { N: '1714727730250' },
    };
    const topic = { topic: { S: 'plant/a/temp' } };
    expect(mutations(publish({ retain: true }))).toEqual([
      put('mqtt_msg', item),
      { kind: 'add-id', table: 'mqtt_topic_msg_map', key: topic, id: MSGID },
      put('mqtt_retain', item),
    ]);
    expect(mutations(publish({ retain: true, payload: '' }))).toEqual([{ kind: 'delete', table: 'mqtt_retain', key: topic }]);
    expect(mutations(acked())).toEqual([
      put('mqtt_acked', { ...topic, clientid: { S: 'panel-1' }, msgid: { S: MSGID } }),
      { kind: 'delete', table: 'mqtt_msg', key: { msgid: { S: MSGID } } },
      { kind: 'remove-id', table: 'mqtt_topic_msg_map', key: topic, id: MSGID },
    ]);
    expect(mutations(unsubscribed())).toEqual([
      { kind: 'delete', table: 'mqtt_acked', key: { ...topic, clientid: { S: 'panel-1' } } },
    ]);
    expect(mutations(connected())).toEqual([
      put('mqtt_client', {
        clientid: { S: 'sensor-17' },
        connect_state: { N: '1' },
        node: { S: 'emqx@10.0.0.5' },
        online_at: { N: '1714727725004' },
        offline_at: { N: '0' },
      }),
    ]);
    expect(mutations(disconnected())).toEqual([
      {
        kind: 'set',
        table: 'mqtt_client',
        key: { clientid: { S: 'sensor-17' } },
        values: { connect_state: { N: '0' }, offline_at: { N: '1714727899999' } },
      },
    ]);
    expect(mutations({ hook: 'session.subscribed', clientid: 'panel-1', filter: 'a' })).toEqual([]);
  });

  it('are named', () => {
    const effect = applyEvent(publish({ retain: true }), DEFAULTS);
    expect(effect).toMatchObject({ actions: ['on_message_publish', 'on_message_retain'] });
  });

  it('floor times to seconds where asked', () => {
    const seconds = { timeUnit: 's' } as const;
    expect(mutations(publish(), seconds)[0]).toMatchObject({ item: { arrived: { N: '1714727730' } } });
    expect(mutations(connected(), seconds)[0]).toMatchObject({
      item: { online_at: { N: '1714727725' }, offline_at: { N: '0' } },
    });
    expect(mutations(disconnected(), seconds)[0]).toMatchObject({ values: { offline_at: { N: '1714727899' } } });
  });

  it.each(['takeovered', 'takenover', 'discarded'])('leave a disconnect alone that was %s', (reason) => {
    expect(outcome(disconnected(reason))).toEqual([]);
  });
});

const only = (hook: HookRule['hook'], action: HookRule['action'], filter?: string): Partial<ApplyOptions> => ({
  rules: [filter === undefined ? { hook, action } : { hook, action, filter }],
});

describe('filters of rules', () => {
  it.each<[string, HookEvent, Partial<ApplyOptions>, number]>([
    ['the default leaves $SYS alone', publish({ topic: '$SYS/x' }), {}, 0],
    ['a publish by its topic', publish(), only('message.publish', 'on_message_publish', 'plant/+/temp'), 2],
    ['not another topic', publish(), only('message.publish', 'on_message_publish', 'plant/+'), 0],
    ['none: always', publish({ topic: '$SYS/x' }), only('message.publish', 'on_message_publish'), 2],
    ['an ack by the topic of its message', acked(), only('message.acked', 'on_message_acked_for_queue', 'plant/#'), 3],
    ['an unsubscribe by its text', unsubscribed('plant/+'), only('session.unsubscribed', 'on_acked_delete', 'plant/#'), 1],
    ['not a wider one', unsubscribed('#'), only('session.unsubscribed', 'on_acked_delete', 'plant/#'), 0],
    ['a client hook with a topic fails in the backend', connected(), only('client.connected', 'on_client_connected', '#'), 0],
    ['an action on a foreign hook does nothing', publish(), only('message.publish', 'on_client_connected'), 0],
    ['a lookup writes nothing', connected(), only('client.connected', 'on_subscribe_lookup'), 0],
  ])('%s', (_, event, options, count) => {
    expect(outcome(event, options)).toHaveLength(count);
  });
});

describe('payloads', () => {
  const binary = publish({ payload: Buffer.from([0x53, 0x80, 0xff]) });
  const payloadOf = (event: HookEvent, binaryPayload: ApplyOptions['binaryPayload']) => {
    const [first] = mutations(event, { binaryPayload });
    return first?.kind === 'put' ? first.item['payload'] : undefined;
  };

  it('that are not UTF-8 are stored as the policy says', () => {
    expect(payloadOf(binary, 'replace')).toEqual({ S: 'S\ufffd\ufffd' });
    expect(payloadOf(binary, 'binary')).toEqual({ B: 'U4D/' });
    expect(outcome(binary)).toBe('utf8: payload is not UTF-8; see --binary-payload');
  });

  it('that the recorder cut are stored as far as they go, but never taken for empty ones', () => {
    const cut = publish({ payload: 'ab', cut: { recorded: 2, sent: 5 } });
    expect(payloadOf(cut, 'replace')).toEqual({ S: 'ab' });
    expect(outcome(cut)).toBe('payload_length: the recorder wrote 2 of 5 bytes of the payload');
    const nothingLeft = publish({ retain: true, payload: '', cut: { recorded: 0, sent: 5 } });
    for (const binaryPayload of ['replace', 'binary', 'reject'] as const) {
      expect(outcome(nothingLeft, { binaryPayload })).toBe('payload_length: the recorder wrote 0 of 5 bytes of the payload');
    }
  });
});

describe('limits', () => {
  const x = (count: number) => 'x'.repeat(count);
  const ä = (bytes: number) => 'ä'.repeat(bytes / 2);
  it.each<[HookEvent, string[] | string]>([
    [publish({ topic: x(2_048) }), ['put mqtt_msg', 'add-id mqtt_topic_msg_map']],
    [publish({ topic: x(2_049) }), 'key_too_long: mqtt_topic_msg_map.topic 2,049 > 2,048'],
    [publish({ topic: ä(2_050) }), 'key_too_long: mqtt_topic_msg_map.topic 2,050 > 2,048'],
    [publish({ topic: x(2_049), qos: 0, retain: true }), 'key_too_long: mqtt_retain.topic 2,049 > 2,048'],
    [publish({ topic: '' }), 'key_empty: mqtt_topic_msg_map.topic is empty'],
    [connected(x(2_048)), ['put mqtt_client']],
    [connected(x(2_049)), 'key_too_long: mqtt_client.clientid 2,049 > 2,048'],
    [connected(''), 'key_empty: mqtt_client.clientid is empty'],
    [acked({ clientid: x(1_024) }), ['put mqtt_acked', 'delete mqtt_msg', 'remove-id mqtt_topic_msg_map']],
    [acked({ clientid: x(1_025) }), 'key_too_long: mqtt_acked.clientid 1,025 > 1,024'],
    [acked({ clientid: ä(1_026) }), 'key_too_long: mqtt_acked.clientid 1,026 > 1,024'],
    [unsubscribed(x(2_049)), 'key_too_long: mqtt_acked.topic 2,049 > 2,048'],
  ])('of keys: %.60j', (event, expected) => {
    expect(outcome(event)).toEqual(expected);
  });

  it('of items: 409,600 bytes are stored, one more is a reject that writes nothing', () => {
    const [first] = mutations(publish({ payload: '' }));
    const room = 409_600 - itemBytes(first?.kind === 'put' ? first.item : {});
    expect(outcome(publish({ payload: x(room) }))).toEqual(['put mqtt_msg', 'add-id mqtt_topic_msg_map']);
    expect(outcome(publish({ payload: x(room + 1) }))).toBe('item_too_large: mqtt_msg 409,601 > 409,600');
    expect(outcome(publish({ payload: x(room + 1), retain: true, qos: 0 }))).toMatch(/^item_too_large: mqtt_retain/);
    expect(outcome(publish({ payload: Buffer.alloc(room, 0xff) }), { binaryPayload: 'binary' })).toHaveLength(2);
    expect(outcome(publish({ payload: Buffer.alloc(room + 1, 0xff) }), { binaryPayload: 'binary' })).toMatch(/^item_too_large/);
  });
});

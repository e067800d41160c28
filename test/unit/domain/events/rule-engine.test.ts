import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { Decoded } from '../../../../src/domain/events/event.ts';
import { readRecord } from '../../../../src/domain/events/record.ts';
import { formatNamed, formatOf, INPUT_FORMATS } from '../../../../src/domain/events/registry.ts';
import { ruleEngine } from '../../../../src/domain/events/rule-engine.ts';

function decode(line: string | object): Decoded {
  const read = readRecord(Buffer.from(typeof line === 'string' ? line : JSON.stringify(line)));
  return 'reject' in read ? read : ruleEngine.decode(read.record, { node: 'a-node' });
}

const M1 = '00061789293F818B6E0B00001A2B0001';
const PUBLISH = {
  event: 'message.publish',
  id: '00061789293F818B6E0B00001A2B0001',
  clientid: 'sensor-17',
  username: 'plant',
  payload: '{"t":21.5}',
  peerhost: '10.1.2.3',
  topic: 'plant/a/temp',
  qos: 1,
  flags: { retain: false, dup: false },
  pub_props: { 'User-Property': {} },
  publish_received_at: 1714727730250,
  timestamp: 1714727730251,
  node: 'emqx@10.0.0.5',
  metadata: { rule_id: 'r_rec' },
};
const MESSAGE = {
  guid: M1,
  topic: 'plant/a/temp',
  sender: 'sensor-17',
  qos: 1,
  retain: false,
  payload: '{"t":21.5}',
  arrivedMs: 1714727730250,
};
const ACKED = {
  event: 'message.acked',
  id: '00061789293F818B6E0B00001A2B0001',
  from_clientid: 'sensor-17',
  clientid: 'panel-1',
  payload: '{"t":21.5}',
  topic: 'plant/a/temp',
  qos: 1,
  flags: { retain: false },
  publish_received_at: 1714727730250,
  timestamp: 1714727730301,
};
const CONNECTED = {
  event: 'client.connected',
  clientid: 'sensor-17',
  mountpoint: 'undefined',
  proto_ver: 5,
  expiry_interval: 0,
  connected_at: 1714727725004,
  timestamp: 1714727725005,
  node: 'emqx@10.0.0.5',
};
const DISCONNECTED = {
  event: 'client.disconnected',
  reason: 'keepalive_timeout',
  clientid: 'sensor-17',
  disconnected_at: 1714727899120,
  timestamp: 1714727899121,
  node: 'emqx@10.0.0.5',
};
const SUBSCRIBED = { event: 'session.subscribed', clientid: 'panel-1', topic: 'plant/a/temp', qos: 1, timestamp: 1714727726100 };

const message = (changes: object) => ({ event: { hook: 'message.publish', message: { ...MESSAGE, ...changes } } });

describe('rule-engine events', () => {
  it.each<[string, object, object]>([
    ['a publish', PUBLISH, message({})],
    ['a retained publish', { ...PUBLISH, flags: { retain: true } }, message({ retain: true })],
    ['an empty payload', { ...PUBLISH, payload: '' }, message({ payload: '' })],
    ['no flags', { ...PUBLISH, flags: undefined }, message({})],
    ['flags that are null', { ...PUBLISH, flags: null }, message({})],
    ['a stored message sent again', { ...PUBLISH, headers: { retained: true } }, message({ redispatched: true })],
    ['other headers', { ...PUBLISH, headers: { retained: false, username: 'x' } }, message({})],
    ['the id of EMQX before 4.3', { ...PUBLISH, id: '61789293F818B6E0B00001A2B0001' }, message({})],
    ['an id in lower case', { ...PUBLISH, id: PUBLISH.id.toLowerCase() }, message({})],
    ['no clientid', { ...PUBLISH, clientid: undefined }, message({ sender: 'undefined' })],
    ['SQL without any time', { ...PUBLISH, publish_received_at: undefined, timestamp: undefined }, message({})],
    ['4.0.0 to 4.0.5', { ...PUBLISH, publish_received_at: undefined }, message({ arrivedMs: 1714727730251 })],
    ['a payload that the rule decoded', { ...PUBLISH, payload: { t: 21.5 } }, message({ payload: '{"t":21.5}' })],
    ['a payload that is a number', { ...PUBLISH, payload: 21.5 }, message({ payload: '21.5' })],
    ['an ack', ACKED, { event: { hook: 'message.acked', clientid: 'panel-1', topic: 'plant/a/temp', guid: M1 } }],
    [
      'a connect',
      CONNECTED,
      { event: { hook: 'client.connected', clientid: 'sensor-17', node: 'emqx@10.0.0.5', onlineAtMs: 1714727725004 } },
    ],
    [
      'a connect without node and time',
      { ...CONNECTED, node: undefined, connected_at: undefined },
      { event: { hook: 'client.connected', clientid: 'sensor-17', node: 'a-node', onlineAtMs: 1714727725005 } },
    ],
    [
      'a disconnect',
      DISCONNECTED,
      { event: { hook: 'client.disconnected', clientid: 'sensor-17', reason: 'keepalive_timeout', offlineAtMs: 1714727899120 } },
    ],
    [
      'a disconnect without reason and time',
      { ...DISCONNECTED, reason: undefined, disconnected_at: null },
      { event: { hook: 'client.disconnected', clientid: 'sensor-17', reason: 'undefined', offlineAtMs: 1714727899121 } },
    ],
    ['a subscription', SUBSCRIBED, { event: { hook: 'session.subscribed', clientid: 'panel-1', filter: 'plant/a/temp' } }],
    [
      'a shared one',
      { ...SUBSCRIBED, topic: '$share/g/plant/#' },
      { event: { hook: 'session.subscribed', clientid: 'panel-1', filter: 'plant/#' } },
    ],
    [
      'an unsubscribe',
      { ...SUBSCRIBED, event: 'session.unsubscribed', topic: '$queue/x' },
      { event: { hook: 'session.unsubscribed', clientid: 'panel-1', filter: 'x' } },
    ],
  ])('%s', (_, line, decoded) => {
    expect(decode(line)).toEqual(decoded);
  });

  it.each([
    'message.delivered',
    'message.dropped',
    'delivery.dropped',
    'client.connack',
    'client.check_acl_complete',
    'client.check_authz_complete',
    'client.check_authn_complete',
  ])('%s has no effect', (event) => {
    expect(decode({ ...PUBLISH, event })).toEqual({ skip: event });
  });

  it.each<[object, string, string]>([
    [{ ...PUBLISH, event: 'message.eaten' }, 'unknown_event', 'message.eaten'],
    [{ ...PUBLISH, event: '__proto__' }, 'unknown_event', '__proto__'],
    [{ ...PUBLISH, event: 'constructor' }, 'unknown_event', 'constructor'],
    [{ ...PUBLISH, event: 7 }, 'field_type', 'event must be a string'],
    [{ a: 1 }, 'unknown_event', 'the record has no event, and its fields fit several kinds; select event as well'],
    [{ ...ACKED, id: undefined, from_clientid: undefined }, 'field_missing', 'id'],
    [{ ...PUBLISH, id: '' }, 'field_missing', 'id is empty (durable sessions leave it out): the message is unknown'],
    [{ ...ACKED, id: '' }, 'field_missing', 'id is empty (durable sessions leave it out): the message is unknown'],
    [{ ...PUBLISH, id: 'xyz' }, 'field_value', 'id is not a hexadecimal message id'],
    [{ ...PUBLISH, id: 7 }, 'field_type', 'id must be a string'],
    [{ ...PUBLISH, topic: undefined }, 'field_missing', 'topic'],
    [{ ...PUBLISH, qos: undefined }, 'field_missing', 'qos'],
    [{ ...PUBLISH, qos: 3 }, 'field_value', 'qos must be 0, 1 or 2'],
    [{ ...PUBLISH, qos: 'x' }, 'field_type', 'qos must be a number'],
    [{ ...PUBLISH, payload: undefined }, 'field_missing', 'payload'],
    [{ ...PUBLISH, payload: null }, 'field_missing', 'payload'],
    [{ ...PUBLISH, publish_received_at: 1.5 }, 'field_type', 'publish_received_at must be a whole number'],
    [{ ...PUBLISH, id: undefined, publish_received_at: undefined, timestamp: undefined }, 'field_missing', 'publish_received_at'],
    [{ ...CONNECTED, clientid: undefined }, 'field_missing', 'clientid'],
    [{ ...SUBSCRIBED, topic: 1 }, 'field_type', 'topic must be a string'],
  ])('rejects %.60j', (line, reason, detail) => {
    expect(decode(line)).toEqual({ reject: { reason, detail } });
  });
});

describe('records of EMQX 3.x', () => {
  const { clientid: _, flags: __, publish_received_at: ___, ...publish } = PUBLISH;
  const old = { ...publish, retain: 0, qos: 1 };

  it.each<[string, object, object]>([
    ['a publish as SELECT * has it', { ...old, client_id: 'sensor-17' }, message({ arrivedMs: PUBLISH.timestamp })],
    ['a publish as the broker hands it over', { ...old, from: 'sensor-17' }, message({ arrivedMs: PUBLISH.timestamp })],
    [
      'a client that is called undefined',
      { ...old, from: 'undefined' },
      message({ sender: 'undefined', arrivedMs: PUBLISH.timestamp }),
    ],
    [
      'an ack',
      { ...ACKED, clientid: undefined, client_id: 'panel-1', from: 'sensor-17' },
      { event: { hook: 'message.acked', clientid: 'panel-1', topic: 'plant/a/temp', guid: M1 } },
    ],
    [
      'a connect',
      { ...CONNECTED, clientid: undefined, client_id: 'sensor-17' },
      { event: { hook: 'client.connected', clientid: 'sensor-17', node: 'emqx@10.0.0.5', onlineAtMs: 1714727725004 } },
    ],
    [
      'a disconnect',
      { event: 'client.disconnected', client_id: 'sensor-17', reason_code: 'normal', timestamp: 1714727899 },
      { event: { hook: 'client.disconnected', clientid: 'sensor-17', reason: 'undefined', offlineAtMs: 1714727899000 } },
    ],
    ['what a client asked for', { event: 'client.subscribe', client_id: 'c', topic: 't' }, { skip: 'client.subscribe' }],
  ])('%s', (_name, line, decoded) => {
    expect(decode(line)).toEqual(decoded);
  });

  it('are acked by an id made from the same publisher (fault 34)', () => {
    const made = { ...PUBLISH, clientid: undefined, id: undefined, from: 'sensor-17' };
    const ack = { ...ACKED, id: undefined, from_clientid: undefined, from: 'sensor-17' };
    const { guid } = (decode(made) as { event: { message: { guid: string } } }).event.message;
    expect(decode(ack)).toMatchObject({ event: { guid } });
  });
});

describe('formats', () => {
  it.each([
    ['{"event":"message.publish"}', 'rule-engine'],
    ['{"event":7}', undefined],
    ['{"tst":1,"topic":"a"}', 'mosquitto'],
    ['{"topic":"a"}', undefined],
    ['{"__proto__":{"event":"x"}}', undefined],
  ])('%s is %s', (line, name) => {
    const read = readRecord(Buffer.from(line));
    expect('record' in read && formatOf(read.record)?.name).toBe(name);
  });

  it('go by their names', () => {
    expect(INPUT_FORMATS).toEqual(expect.arrayContaining(['auto', 'rule-engine', 'mosquitto']));
    expect(formatNamed('mosquitto')?.name).toBe('mosquitto');
    expect(formatNamed('auto')).toBeUndefined();
  });
});

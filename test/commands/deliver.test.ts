import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Deliver from '../../src/commands/deliver.ts';
import Pending from '../../src/commands/pending.ts';
import { n, s, setOf, textOf, type Item } from '../../src/domain/item.ts';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { certificate, hasOpenssl } from '../harness/certificate.ts';
import { received, startBroker, subscriber, type TestBroker } from '../harness/broker.ts';
import { everything, refillTables, type Rows } from '../harness/fill-tables.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { DAY, idAt, message, takenBack } from '../harness/purge-run.ts';
import { runCommand, temporaryFolder, type RunOptions } from '../harness/run-command.ts';

const NOW = Date.UTC(2024, 4, 4, 9, 15);

let engine: MemoryEngine;
let dynamo: Dynamo;
let broker: TestBroker;
let folder: { path: string; remove(): void };
let journal: string;
beforeAll(async () => {
  engine = await memoryEngine();
  dynamo = connectTo(engine.endpoint);
  await createTables(dynamo);
});
afterAll(async () => {
  dynamo.close();
  await engine.stop();
});
beforeEach(async () => {
  folder = temporaryFolder();
  journal = join(folder.path, 'd.journal');
  broker = await startBroker();
  await refillTables(dynamo, rows());
  return async () => {
    await broker.close();
    folder.remove();
  };
});

/** Ids whose text order is another than their time order. */
const at = (minute: number) => idAt(NOW - DAY + minute * 60_000, BigInt(minute));
const sub = (clientid: string, topic: string, qos: number): Item => ({ clientid: s(clientid), topic: s(topic), qos: n(qos) });

function rows(): Rows {
  const a = [7, 1, 5, 3, 2, 6, 4].map(at);
  const b = [20, 10].map(at);
  return {
    mqtt_msg: [
      ...a.map((id) => message(id, 'plant/a', { payload: s(`a ${id}`) })),
      ...b.map((id) => message(id, 'plant/b', { payload: s(`b ${id}`) })),
      message(at(30), 'plant/r', { retain: n(1), payload: s('new') }),
      message(at(29), 'plant/r', { retain: n(1), payload: s('old') }),
      message(at(40), 'bad/1', { payload: n(7) }),
    ],
    mqtt_topic_msg_map: [
      { topic: s('plant/a'), MsgId: { SS: a } },
      { topic: s('plant/b'), MsgId: { SS: b } },
      { topic: s('plant/r'), MsgId: { SS: [at(30), at(29)] } },
      { topic: s('bad/1'), MsgId: { SS: [at(40), at(41)] } },
    ],
    mqtt_retain: [
      message(at(30), 'plant/r', { retain: n(1), payload: s('new') }),
      message(at(50), 'kept/0', { retain: n(1), qos: n(0), payload: s('kept') }),
      message(at(51), 'kept/1', { retain: n(1), payload: { B: Buffer.from([0, 255]).toString('base64') } }),
    ],
    mqtt_sub: [
      sub('panel-1', 'plant/a', 2),
      sub('panel-1', 'plant/b', 1),
      sub('panel-2', 'plant/#', 1),
      sub('panel-3', 'plant/a', 0),
    ],
  };
}

const run = (args: string[], options: RunOptions & { to?: string; protocol?: string } = {}) => {
  const { to = broker.url, protocol = '4', ...more } = options;
  const words = ['--to', to, '--protocol', protocol, '--journal', journal, '--endpoint-url', engine.endpoint, ...args];
  return runCommand(Deliver, words, { now: NOW, ...more });
};
type Result = { items: { reason: string; count: number; examples: string[] }[]; [total: string]: unknown };
const done = async (args: string[], code = 0, options: RunOptions = {}): Promise<Result> => {
  const result = await run([...args, '--yes', '--json'], options);
  expect([result.code, result.stderr]).toEqual([code, result.stderr]);
  return JSON.parse(result.stdout) as Result;
};

describe('deliver', () => {
  it('gives a client that never connected exactly what pending --client promises, in order', async () => {
    const promised = await runCommand(Pending, ['--client', 'panel-1', '--json', '--endpoint-url', engine.endpoint], {
      now: NOW,
    });
    const items = (
      JSON.parse(promised.stdout) as { items: { msgid: string; topic: string; qos: number; deliverable: boolean }[] }
    ).items;
    const expected = items.filter(({ deliverable }) => deliverable);
    expect(expected).toHaveLength(9);

    const result = await done(['--pending', '--client', 'panel-1', '--pre-create-sessions', '--assume-offline']);
    expect(result).toMatchObject({ items: [], published: 9, acknowledged: 9, sessions: 1, pending: 9, retained: 0, acked: 0 });
    const got = await received(broker.url, { clientId: 'panel-1' });
    // aedes itself loses messages with QoS 2 that wait for a client: these are delivered to mosquitto
    expect(got).toEqual(
      expected.map(({ msgid, topic }) => ({ topic, payload: `${topic.slice(-1)} ${msgid}`, qos: 1, retain: false })),
    );
  });

  it('keeps the retain flag of what is the retained message, and names what cannot be sent', async () => {
    const live = await subscriber(broker.url, 'watcher', {}, () => undefined);
    await live.subscribeAsync('#', { qos: 2 });
    const result = await done(['--pending', '--retained'], 3);
    await live.endAsync();
    expect(result).toMatchObject({
      items: [
        { reason: 'message_gone', count: 1, examples: [`bad/1 ${at(41)}`] },
        { reason: 'message_unreadable', count: 2, examples: [`bad/1 ${at(40)}`, `kept/1 ${at(51)}`] },
      ],
      published: 12,
      acknowledged: 12,
      retained: 2,
      pending: 11,
      unknown: 0,
    });
    // the older of two flagged messages did not replace the newer, and nothing came twice
    const later = await received(broker.url, { clientId: 'later', filters: { '#': { qos: 1 } } });
    expect(new Map(later.map(({ topic, payload, qos, retain }) => [topic, [payload, qos, retain]]))).toEqual(
      new Map<string, unknown>([
        ['kept/0', ['kept', 0, true]],
        ['plant/r', ['new', 1, true]],
      ]),
    );
  });

  it('says what would be sent and to whom, and opens no connection', async () => {
    const { code, stdout, stderr } = await run(['--pending', '--retained', '--dry-run', '--json', '--max-payload', '40']);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      items: [
        { topic: 'kept/0', pending: 0, retained: 1, bytes: 4, subscriptions: 0, clients: [] },
        { topic: 'plant/r', pending: 2, retained: 1, bytes: 6, subscriptions: 1, clients: ['panel-2'] },
      ],
      count: 2,
      sessions: 0,
      unsent: [
        { reason: 'message_gone', count: 1, examples: [`bad/1 ${at(41)}`] },
        { reason: 'message_unreadable', count: 2, examples: [`bad/1 ${at(40)}`, `kept/1 ${at(51)}`] },
        { reason: 'payload_too_large', count: 9, examples: [1, 2, 3].map((minute) => `plant/a ${at(minute)}`) },
      ],
    });
    expect(stderr).toContain('dry run: nothing was sent; 3 messages would be');
    expect([broker.connected, existsSync(journal)]).toEqual([[], false]);
  });

  it('needs consent without a terminal, and a journal of its own', async () => {
    const refused = await run(['--pending']);
    expect([refused.code, refused.stderr]).toEqual([11, expect.stringContaining('publishing to a broker needs --yes')]);
    const sessions = await run(['--pending', '--yes', '--pre-create-sessions']);
    expect([sessions.code, sessions.stderr]).toEqual([11, expect.stringContaining('--online-list FILE')]);
    writeFileSync(journal, 'something else\n', { mode: 0o600 });
    const foreign = await run(['--pending', '--yes']);
    expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringContaining('exists and is not a journal')]);
    expect(broker.connected).toEqual([]);
  });
});

describe('deliver --pre-create-sessions', () => {
  it('never takes over a client of the list, and makes no session twice', async () => {
    const list = join(folder.path, 'online.txt');
    writeFileSync(list, 'panel-2\n\npanel-9\n');
    const online = await subscriber(broker.url, 'panel-2', {}, () => undefined);
    let lost = false;
    online.on('close', () => {
      lost = true;
    });
    const args = ['--pending', '--pre-create-sessions', '--online-list', list];
    const { code, stdout, stderr } = await run([...args, '--yes', '--json']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('2 sessions made; 1 client left alone, because it is online')]);
    expect(stderr).toContain('of the 2 listed clients have stored subscriptions: 1');
    const result = JSON.parse(stdout) as Result;
    expect(result['sessions']).toBe(2);
    expect(result.items.map(({ reason }) => reason)).toEqual(['message_gone', 'message_unreadable']);
    expect([lost, broker.connected.filter((id) => id === 'panel-2')]).toEqual([false, ['panel-2']]);
    await online.endAsync();
    broker.connected.length = 0;
    const again = await done([...args, '--resume'], 3);
    expect([again['sessions'], again['published'], again['acknowledgedBefore']]).toEqual([0, 0, 11]);
    expect(broker.connected.filter((id) => id.startsWith('panel'))).toEqual([]);
  });

  it('takes nothing from a session that was there: what it queues stays for the client', async () => {
    await received(broker.url, { clientId: 'panel-1', filters: { other: { qos: 2 } } });
    const sender = await subscriber(broker.url, 'sender', {}, () => undefined);
    for (const qos of [1, 2] as const) await sender.publishAsync('other', `before ${qos}`, { qos });
    await sender.endAsync();
    const result = await run(['--pending', '--client', 'panel-1', '--pre-create-sessions', '--assume-offline', '--yes']);
    expect(result.stderr).toContain('1 session made; it was there already');
    const got = await received(broker.url, { clientId: 'panel-1' });
    expect(got.map(({ payload }) => payload).filter((payload) => payload.startsWith('before'))).toEqual(['before 1', 'before 2']);
    expect(got).toHaveLength(11);
  });
});

describe('deliver --ack', () => {
  it('empties the old store of what was acknowledged, and rewind fills it again', async () => {
    const before = await everything(dynamo);
    const result = await done(['--pending', '--client', 'panel-1', '--ack']);
    expect(result).toMatchObject({ items: [], acknowledged: 9, acked: 9 });
    const left = (await scanAll(dynamo, 'mqtt_msg')).map((item) => textOf(item, 'topic'));
    expect(left).toHaveLength(3);
    expect(new Set(left)).toEqual(new Set(['bad/1', 'plant/r']));
    const maps = await scanAll(dynamo, 'mqtt_topic_msg_map');
    const lengths = maps.map((item) => [textOf(item, 'topic'), setOf(item, 'MsgId').length]);
    expect(new Map(lengths as [string, number][])).toEqual(
      new Map([
        ['plant/a', 0],
        ['plant/b', 0],
        ['plant/r', 2],
        ['bad/1', 2],
      ]),
    );
    const acked = (await scanAll(dynamo, 'mqtt_acked')).map((item) => [textOf(item, 'topic'), textOf(item, 'msgid')]);
    expect(new Map(acked as [string, string][])).toEqual(
      new Map([
        ['plant/a', at(7)],
        ['plant/b', at(20)],
      ]),
    );
    expect(await takenBack(dynamo, `${journal}.acked`)).toEqual([]);
    expect(await everything(dynamo)).toEqual(before);
  });

  it('is off by default', async () => {
    const before = await everything(dynamo);
    await done(['--pending', '--retained'], 3);
    expect(await everything(dynamo)).toEqual(before);
    expect(existsSync(`${journal}.acked`)).toBe(false);
  });
});

describe('deliver, what the broker refuses', () => {
  it.each([
    ['wrong credentials', 6, 'E_BROKER_DENIED', { MQDYN_MQTT_USERNAME: 'me', MQDYN_MQTT_PASSWORD: 'wrong' }],
    ['no credentials', 6, 'E_BROKER_DENIED', {}],
    ['the right ones', 3, undefined, { MQDYN_MQTT_USERNAME: 'me', MQDYN_MQTT_PASSWORD: 'right' }],
  ] as const)('%s: exit %i', async (_name, code, error, env) => {
    await broker.close();
    broker = await startBroker({ credentials: { username: 'me', password: 'right' } });
    const result = await run(['--pending', '--yes'], { env });
    expect([result.code, result.stderr]).toEqual([code, expect.stringContaining(error ?? 'acknowledged')]);
    expect(result.stderr + result.stdout).not.toContain('wrong"');
    expect(existsSync(journal)).toBe(error === undefined);
  });

  it('a version that it does not speak is an error, not another version', async () => {
    const { code, stderr } = await run(['--pending', '--yes'], { protocol: '5' });
    expect([code, stderr]).toEqual([4, expect.stringContaining('--protocol 4')]);
    expect(broker.connected).toEqual([]);
  });

  it('a broker that is not there: exit 5', async () => {
    await broker.close();
    const { code, stderr } = await run(['--pending', '--yes']);
    expect([code, stderr]).toEqual([5, expect.stringContaining('E_BROKER')]);
    broker = await startBroker();
  });

  it.skipIf(!hasOpenssl())('TLS: by an authority that is named, and never without a check', async () => {
    const { key, cert, file } = certificate(folder.path);
    await broker.close();
    broker = await startBroker({ tls: { key, cert } });
    const unknown = await run(['--pending', '--yes']);
    expect([unknown.code, unknown.stderr]).toEqual([4, expect.stringContaining('E_TLS')]);
    expect((await run(['--pending', '--yes', '--tls-ca', file])).stderr).toContain('11 messages acknowledged');
    const other = await run(['--pending', '--yes', '--tls-ca', file], { to: broker.url.replace('mqtts', 'mqtt') });
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('need mqtts://')]);
    const damaged = join(folder.path, 'damaged.pem');
    writeFileSync(damaged, '-----BEGIN CERTIFICATE-----\nnone\n');
    const broken = await run(['--pending', '--yes', '--resume', '--tls-ca', file, '--tls-cert', damaged, '--tls-key', damaged]);
    expect([broken.code, broken.stderr]).toEqual([4, expect.stringContaining('E_TLS')]);
  });

  it('a filter: told, and the others stand', async () => {
    await broker.close();
    broker = await startBroker({ forbidden: 'plant/b' });
    const { items } = await done(['--pending', '--client', 'panel-1', '--pre-create-sessions', '--assume-offline'], 3);
    expect(items).toEqual([{ reason: 'subscription_refused', count: 1, examples: ['panel-1 plant/b'] }]);
    expect(await received(broker.url, { clientId: 'panel-1' })).toHaveLength(7);
  });

  it.each([
    ['http://127.0.0.1', 'expected mqtt://'],
    ['mqtt://me:secret@127.0.0.1', 'holds credentials'],
    ['mqtt://127.0.0.1/x', 'nothing follows'],
  ])('--to %s is a usage error', async (to, says) => {
    const { code, stderr } = await run(['--pending', '--yes'], { to });
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { s } from '../../src/domain/item.ts';
import { deliverBench, expectEnd, sub, waiting, type DeliverBench } from '../harness/deliver-run.ts';
import { fakeBroker, type FakeBroker } from '../harness/fake-broker.ts';

let bench: DeliverBench;
let broker: FakeBroker;
beforeAll(async () => {
  bench = await deliverBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  broker = await fakeBroker();
  await bench.restock({
    ...waiting({ t: 2 }),
    mqtt_sub: [sub('panel-1', 't'), sub('panel-2', 't'), sub('panel-2', 'a/#/b')],
    mqtt_client: [{ clientid: s('known') }],
  });
});
afterEach(() => broker.close());

function rulesWithoutSubscriptions(): string {
  const file = join(bench.folder, 'emqx_backend_dynamo.conf');
  const publish =
    'backend.dynamo.hook.message.publish.1 = {"topic": "#", "action": {"function": "on_message_publish"}, "pool": "pool1"}';
  writeFileSync(file, `backend.dynamo.pool1.server = ${bench.endpoint}\n${publish}\n`);
  return file;
}

const sessions = ['--pending', '--pre-create-sessions'];
function list(content: string | Buffer): string[] {
  const file = join(bench.folder, 'online.txt');
  writeFileSync(file, content);
  return ['--online-list', file];
}

describe('deliver --online-list', () => {
  it.each<[string, string | Buffer, string]>([
    ['with a client id that ends with a blank', 'panel-1 \n', ':1: white space'],
    ['with a client id that begins with one', 'panel-2\n\tpanel-1\n', ':2: white space'],
    ['in CSV', '"panel-1"\n', ':1: a client id in quotes'],
    ['in UTF-16', Buffer.from('panel-1\n', 'utf16le'), 'is not text in UTF-8'],
    ['in Latin 1', Buffer.from('p\u00e4nel\n', 'latin1'), 'is not text in UTF-8'],
    ['as emqx_ctl prints it', 'Client(panel-1, username=x, connected=true)\n', 'a line of emqx_ctl clients list'],
    ['that is empty', '\n', 'lists no client'],
  ])('refuses a list %s', async (_name, content, says) => {
    const result = await bench.run(broker.url, [...sessions, ...list(content)]);
    expectEnd(result, 4, says);
    expect(broker.connects).toEqual([]);
  });

  it('reads one with a byte-order mark and with CR LF', async () => {
    const result = await bench.run(broker.url, [...sessions, ...list('\uFEFFpanel-1\r\nother\r\n')]);
    expect(result.stderr).toContain('of the 2 listed clients have stored subscriptions: 1');
    expect(broker.connects.map(({ clientId }) => clientId)).not.toContain('panel-1');
    expect(broker.connects.map(({ clientId }) => clientId)).toContain('panel-2');
  });

  it('refuses one of which no client has stored subscriptions', async () => {
    expectEnd(await bench.run(broker.url, [...sessions, ...list('x\ny\n')]), 11, '--assume-offline');
    expect([broker.connects, existsSync(bench.journal)]).toEqual([[], false]);
    // clients that are named need not be online
    const named = await bench.run(broker.url, [...sessions, '--client', 'panel-1', ...list('x\n')]);
    expect(named.stderr).toContain('of the 1 listed client those of --client with stored subscriptions: 0');
  });
});

describe('deliver --dry-run', () => {
  it('counts the sessions, and what they cannot subscribe, and needs no list', async () => {
    const without = expectEnd(await bench.run(broker.url, [...sessions, '--dry-run']), 3, '2 sessions would be made');
    const unsent = [{ reason: 'subscription_invalid', count: 1, examples: ['panel-2 a/#/b'] }];
    expect(without).toMatchObject({ sessions: 2, unsent });
    const alone = '1 session would be made; 1 client left alone, because it is online';
    expectEnd(await bench.run(broker.url, [...sessions, '--dry-run', ...list('panel-1\n')]), 3, alone);
  });
});

describe('deliver --client-id', () => {
  it.each(['panel-1', 'known'])('must not be the id of a stored client: %s', async (id) => {
    expectEnd(await bench.run(broker.url, ['--pending', '--client-id', id]), 2, `--client-id ${id} is the id of a client`);
    expect(broker.connects).toEqual([]);
  });

  it('may be another one', async () => {
    expectEnd(await bench.run(broker.url, ['--pending', '--client-id', 'mover']), 0);
    expect(broker.connects.map(({ clientId }) => clientId)).toEqual(['mover']);
  });
});

describe('deliver, a journal', () => {
  it.each([
    [['--topic', 't'], '--topic was not given, now it is t'],
    [['--retained'], '--retained was not given, now it is given'],
    [['--client', 'panel-1'], '--client was not given, now it is panel-1'],
    [['--protocol', '4'], '--protocol was 5, now it is 4'],
    [['--hooks', 'CONF'], '--hooks was a set of rules'],
  ])('of another delivery says what differs: %j', async (more, says) => {
    expectEnd(await bench.run(broker.url, ['--pending']), 0);
    const conf = rulesWithoutSubscriptions();
    const words = more.map((word) => (word === 'CONF' ? conf : word));
    const result = await bench.run(broker.url, ['--pending', '--resume', ...words]);
    expectEnd(result, 11, says);
    expect(result.stderr).toContain('E_MISMATCH');
  });

  it.each<[string, (text: string) => string]>([
    ['a line that is not JSON', (text) => text.replace('"acked":', '"acked"')],
    ['a line that is no note', (text) => text.replace(/"acked":\[\[/, '"acked":[[1,')],
    ['a head that is not JSON', (text) => text.replace('"target":', '"target"')],
    ['a head without flags', (text) => text.replace('"flags"', '"flag"')],
  ])('that is damaged is a damaged file: %s', async (_name, damage) => {
    expectEnd(await bench.run(broker.url, ['--pending']), 0);
    const text = readFileSync(bench.journal, 'utf8');
    expect(damage(text)).not.toBe(text);
    writeFileSync(bench.journal, damage(text));
    expectEnd(await bench.run(broker.url, ['--pending', '--resume']), 4, 'E_CHECKPOINT');
  });
});

describe('deliver, who connects', () => {
  it.each(['4', '5'])('a password needs a user name, MQTT %s', async (protocol) => {
    const env = { MQDYN_MQTT_PASSWORD: 'secret' };
    expectEnd(await bench.run(broker.url, ['--pending', '--protocol', protocol], { env }), 2, 'MQDYN_MQTT_USERNAME');
  });

  it('neither a user name nor a password goes to another host in plain text', async () => {
    for (const [env, what] of [
      [{ MQDYN_MQTT_USERNAME: 'me' }, 'the user name'],
      [{ MQDYN_MQTT_USERNAME: 'me', MQDYN_MQTT_PASSWORD: 'secret' }, 'the password'],
    ] as const)
      expectEnd(await bench.run('mqtt://192.0.2.1', ['--pending'], { env }), 11, `would get ${what} in plain text`);
  });
});

it('deliver --hooks without on_subscribe_lookup makes no sessions, and says so', async () => {
  const conf = rulesWithoutSubscriptions();
  const result = await bench.run(broker.url, [...sessions, '--assume-offline', '--hooks', conf]);
  expect(result.stderr).toContain('no sessions are made: the rules of --hooks have no on_subscribe_lookup');
});

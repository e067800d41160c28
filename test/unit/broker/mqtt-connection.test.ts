import { afterEach, beforeEach, expect, it } from 'vitest';
import { MqttConnection } from '../../../src/broker/mqtt-connection.ts';
import { fakeBroker, type FakeBroker } from '../../harness/fake-broker.ts';

let broker: FakeBroker;
beforeEach(async () => {
  broker = await fakeBroker();
});
afterEach(() => broker.close());

function connect(): Promise<MqttConnection> {
  const address = { host: '127.0.0.1', port: Number(new URL(broker.url).port), tls: undefined };
  const who = { username: undefined, password: undefined, clientId: 'mqdyn', cleanStart: true };
  return MqttConnection.open({ address, label: broker.url, protocol: 5, ...who }, new AbortController().signal);
}

it('what was sent is settled by the answer to its own PINGREQ, not by that to an earlier one', async () => {
  const held: (() => void)[] = [];
  broker.answers.holdPings = (answer) => held.push(answer);
  const connection = await connect();
  const settled: string[] = [];
  const first = connection.settled().then(() => settled.push('first'));
  const second = connection.settled().then(() => settled.push('second'));
  while (held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  held[0]?.();
  await first;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(settled).toEqual(['first']);
  held[1]?.();
  await second;
  await connection.close();
});

it('knows that the broker has ended it', async () => {
  broker.answers.publish = () => 'end';
  const connection = await connect();
  expect(connection.isLost).toBe(false);
  const message = { topic: 't', msgid: 'id', qos: 1, retain: false, payload: Buffer.from('x') } as const;
  await expect(connection.publish(message)).rejects.toMatchObject({ code: 'E_BROKER' });
  expect(connection.isLost).toBe(true);
  await connection.close();
});

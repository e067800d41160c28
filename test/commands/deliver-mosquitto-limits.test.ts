import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { n } from '../../src/domain/item.ts';
import { received } from '../harness/broker.ts';
import { certificate, hasOpenssl } from '../harness/certificate.ts';
import { at, deliverBench, expectEnd, sub, waiting, type DeliverBench } from '../harness/deliver-run.ts';
import { hasMosquitto, startMosquitto } from '../harness/mosquitto.ts';

let bench: DeliverBench;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
beforeAll(async () => {
  bench = await deliverBench();
});
afterAll(() => bench.close());
afterEach(() => broker.stop());

const begin = async (settings: readonly string[] = []) => {
  broker = await startMosquitto(bench.folder, settings);
};

describe.skipIf(!hasMosquitto() || !hasOpenssl())(
  "deliver to mosquitto (skipped where Debian's mosquitto is not installed)",
  () => {
    it.each(['4', '5'])('MQTT %s: --ack leaves what only subscriptions with QoS 0 match, also with QoS 2', async (protocol) => {
      await bench.restock({ ...waiting({ t: 2, u: 1 }, { qos: n(2) }), mqtt_sub: [sub('a', 't', 0), sub('a', 'u', 2)] });
      await begin();
      const sessions = ['--pre-create-sessions', '--assume-offline'];
      const args = ['--pending', '--ack', '--protocol', protocol, ...sessions];
      expect(expectEnd(await bench.run(broker.url, args), 3)).toMatchObject({
        items: [{ reason: 'no_subscriber', count: 2, examples: [`t ${at(0)}`, `t ${at(10)}`] }],
        acked: 1,
      });
      expect(await bench.left()).toEqual(['t', 't']);
      const more = protocol === '5' ? { protocolVersion: 5 as const } : {};
      const got = await received(broker.url, { clientId: 'a', more });
      expect(got.map(({ payload }) => payload)).toEqual(['u 0']);
    });

    it('with max_qos 0: sessions are told to be lowered, and --ack takes nothing', async () => {
      await bench.restock({ ...waiting({ t: 2 }), mqtt_sub: [sub('a', 't', 1)] });
      await begin(['max_qos 0']);
      const args = ['--pending', '--ack', '--pre-create-sessions', '--assume-offline'];
      const result = expectEnd(await bench.run(broker.url, args), 3, '2 stay in the tables');
      expect(result).toMatchObject({ items: [{ reason: 'subscription_lowered', count: 1, examples: ['a t'] }], acked: 0 });
      expect(await bench.left()).toEqual(['t', 't']);
    });

    it('that wants a certificate of the client: says so, and takes one', async () => {
      await bench.restock(waiting({ t: 1 }));
      const { file } = certificate(bench.folder);
      const key = join(bench.folder, 'key.pem');
      const second = join(bench.folder, 'second');
      mkdirSync(second);
      const { file: another } = certificate(second);
      // it reads them after it has given up root for a user of its own, which may not
      await begin([`cafile ${file}`, `certfile ${file}`, `keyfile ${key}`, 'require_certificate true', 'user root']);
      const to = broker.url.replace('mqtt:', 'mqtts:');
      const withCa = ['--pending', '--tls-ca', file];
      expectEnd(await bench.run(to, ['--pending']), 4, "Name the authority that signed the broker's certificate: --tls-ca FILE.");
      expectEnd(await bench.run(to, withCa), 4, 'The broker may want a certificate of this client: --tls-cert and --tls-key.');
      expectEnd(await bench.run(to, [...withCa, '--tls-cert', another, '--tls-key', key]), 4, 'Name the key that belongs to');
      // nobody is subscribed
      const own = expectEnd(await bench.run(to, [...withCa, '--tls-cert', file, '--tls-key', key]), 3);
      expect(own['published']).toBe(1);
    });
  },
);

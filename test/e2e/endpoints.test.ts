import { afterAll, describe, expect, it } from 'vitest';
import { closedEndpoint, listen } from '../harness/loopback.ts';
import { makeUser, runBin } from '../harness/run-bin.ts';

const user = makeUser();
afterAll(() => user.remove());

describe.concurrent('an endpoint that is not DynamoDB', () => {
  it.each([
    ['tables', 'list'],
    ['scan', 'mqtt_msg'],
    ['tables', 'create'],
    ['subs', 'test-dynamo'],
  ])('is down: %s %s ends with 5 within 10 s', async (...args) => {
    const endpoint = await closedEndpoint();
    const { code, stderr, ms } = await runBin(user, [...args, '--endpoint-url', endpoint]);
    expect(code).toBe(5);
    expect(stderr).toContain(`mqdyn: E_ENDPOINT: cannot reach us-west-2 at ${endpoint} (ECONNREFUSED)`);
    expect(stderr).toContain('Set --endpoint-url.');
    expect(ms).toBeLessThan(10_000);
  });

  it('accepts the connection and never answers: 5 after one timeout, not after four', async () => {
    const silent = await listen(() => undefined);
    const { code, stderr, ms } = await runBin(user, ['scan', 'mqtt_msg', '--endpoint-url', silent.endpoint]);
    await silent.close();
    expect(code).toBe(5);
    expect(stderr).toContain(`mqdyn: E_TIMEOUT: us-west-2 at ${silent.endpoint}: no reply to Scan`);
    expect(ms).toBeGreaterThan(10_000);
    expect(ms).toBeLessThan(25_000);
  });

  it.each([
    [200, 'text/html', '<html>Welcome to the hotel</html>'],
    [200, 'application/json', ''],
    [404, 'text/html', '<html>not here</html>'],
    [302, 'text/html', ''],
  ])('answers %s %s: 4, and asks for a proxy', async (status, type, body) => {
    const portal = await listen((_, reply) => {
      reply
        .writeHead(status, { 'content-type': type, ...(status === 302 ? { location: 'http://portal.example/' } : {}) })
        .end(body);
    });
    const { code, stderr, ms } = await runBin(user, ['tables', 'list', '--endpoint-url', portal.endpoint]);
    await portal.close();
    expect(code).toBe(4);
    expect(stderr).toContain(`mqdyn: E_PROTOCOL: us-west-2 at ${portal.endpoint} answered ${status} but is not DynamoDB`);
    expect(ms).toBeLessThan(10_000);
  });

  it('does not speak TLS: 4', async () => {
    const plain = await listen((_, reply) => reply.end());
    const endpoint = plain.endpoint.replace('http:', 'https:');
    const { code, stderr } = await runBin(user, ['tables', 'list', '--endpoint-url', endpoint]);
    await plain.close();
    expect(code).toBe(4);
    expect(stderr).toContain('mqdyn: E_TLS: ');
  });

  it('is on another host over plain http: 11 before any packet', async () => {
    const { code, stderr, ms } = await runBin(user, ['tables', 'list', '--endpoint-url', 'http://192.0.2.1:8000']);
    expect(code).toBe(11);
    expect(stderr).toContain('mqdyn: E_ENDPOINT_UNSAFE: would send AWS credentials and all data unencrypted to 192.0.2.1:8000');
    expect(ms).toBeLessThan(3_000);
  });
});

describe('credentials', () => {
  it('has none for AWS: 6 within 3 s', async () => {
    const { code, stderr, ms } = await runBin(user, ['scan', 'mqtt_msg', '--region', 'eu-west-1']);
    expect(code).toBe(6);
    expect(stderr).toContain(
      'mqdyn: E_CREDENTIALS: none found for eu-west-1 at AWS (environment, profile "default", container; ',
    );
    expect(ms).toBeLessThan(3_000);
  });

  it('names a profile that is nowhere: 4', async () => {
    const { code, stderr } = await runBin(user, ['scan', 'mqtt_msg', '--profile', 'plant']);
    expect(code).toBe(4);
    expect(stderr).toContain('profile plant (set by --profile) is in neither ~/.aws/config nor ~/.aws/credentials');
  });
});

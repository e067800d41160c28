import { HttpResponse, type HttpRequest } from '@smithy/core/transport';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Dynamo } from '../../../src/dynamo/client.ts';
import { signatureOf } from '../../harness/signature.ts';
import { startWireServer, type WireReply, type WireServer } from '../../harness/wire-server.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' };
const UPDATE = { TableName: 'mqtt_retain', Key: { topic: { S: 'plant/1/ü' } }, UpdateExpression: 'SET a = :a' };
const HOUR = 3_600_000;

let server: WireServer;
const open: Dynamo[] = [];

beforeEach(async () => {
  server = await startWireServer();
});
afterEach(async () => {
  for (const dynamo of open.splice(0)) dynamo.close();
  await server.close();
});

function connect(credentials: object = KEYS, attempts = 1): Dynamo {
  const keys = credentials as typeof KEYS;
  const { endpoint } = server;
  const dynamo = new Dynamo({ endpoint, region: 'eu-west-3', credentials: keys, attempts, concurrency: 8, label: 'the test' });
  open.push(dynamo);
  return dynamo;
}

const dateOf = (text: unknown) => Date.parse(String(text).replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
const refusal = (name: string, message = 'said so', status = 400): WireReply => ({
  status,
  body: JSON.stringify({ __type: name, message }),
});

describe('a raw call', () => {
  it.each([
    ['fixed keys', KEYS],
    ['a session token', { ...KEYS, sessionToken: 'FQoGZXIvYXdzE//token==' }],
  ])('is sent as the service takes it, signed: %s', async (_, credentials) => {
    const dynamo = connect(credentials);
    const inputs = [UPDATE, { ...UPDATE, Key: { topic: { S: 'a longer topic, 長い' } } }, UPDATE];
    for (const input of inputs) await dynamo.call('UpdateItem', input);
    for (const [index, request] of server.requests.entries()) {
      const { method, path, headers, body } = request;
      expect([method, path, JSON.parse(body)]).toEqual(['POST', '/', inputs[index]]);
      expect(headers).toMatchObject({
        host: new URL(server.endpoint).host,
        'x-amz-target': 'DynamoDB_20120810.UpdateItem',
        'content-type': 'application/x-amz-json-1.0',
        'content-length': String(Buffer.byteLength(body)),
      });
      expect(headers['x-amz-security-token']).toBe('sessionToken' in credentials ? credentials.sessionToken : undefined);
      expect(headers['user-agent']).toMatch(/ app\/mqdyn$/);
      expect(headers.authorization).toContain('/eu-west-3/dynamodb/aws4_request');
      expect(headers.authorization).toMatch(/SignedHeaders=.*content-length;content-type;host;.*x-amz-date;.*x-amz-target/);
      expect(headers.authorization).toBe(signatureOf(request, KEYS.secretAccessKey));
      expect(Math.abs(dateOf(headers['x-amz-date']) - Date.now())).toBeLessThan(5_000);
    }
  });

  it('takes the keys of the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'environment');
    vi.stubEnv('AWS_SESSION_TOKEN', 'session');
    vi.stubEnv('AWS_PROFILE', undefined);
    const { endpoint } = server;
    const dynamo = new Dynamo({ endpoint, region: 'eu-west-3', attempts: 1, concurrency: 8, label: 'the test' });
    open.push(dynamo);
    for (let call = 0; call < 3; call += 1) await dynamo.call('UpdateItem', UPDATE);
    vi.unstubAllEnvs();
    for (const request of server.requests) {
      expect(request.headers['x-amz-security-token']).toBe('session');
      expect(request.headers.authorization).toBe(signatureOf(request, 'environment'));
    }
  });

  it('gives every one of many calls in flight its own reply', async () => {
    const dynamo = connect();
    server.reply = ({ body }) => ({ body });
    const topics = Array.from({ length: 100 }, (_, index) => ({ ...UPDATE, Key: { topic: { S: `t/${index}` } } }));
    await dynamo.call('UpdateItem', UPDATE);
    expect(await Promise.all(topics.map((input) => dynamo.call('UpdateItem', input)))).toEqual(topics);
    for (const request of server.requests) {
      expect(request.headers.authorization).toBe(signatureOf(request, KEYS.secretAccessKey));
    }
  });

  it('rejects with the reason of an abort, before the call and in the middle of it', async () => {
    const dynamo = connect();
    await dynamo.call('UpdateItem', UPDATE);
    const reason = new Error('enough');
    await expect(dynamo.call('UpdateItem', UPDATE, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
    const abort = new AbortController();
    server.reply = () => {
      setTimeout(() => abort.abort(reason), 20);
      return { fate: 'hang' };
    };
    await expect(dynamo.call('UpdateItem', UPDATE, abort.signal)).rejects.toBe(reason);
  });
});

describe('the credentials of raw calls', () => {
  it('sign at once when they were renewed', async () => {
    let keys: object = KEYS;
    const soon = { expiration: new Date(Date.now() + HOUR) };
    const dynamo = connect(() => Promise.resolve({ ...keys, ...soon }));
    for (let call = 0; call < 2; call += 1) await dynamo.call('UpdateItem', UPDATE);
    vi.useFakeTimers({ now: Date.now() + HOUR, toFake: ['Date'] });
    try {
      keys = { accessKeyId: 'AKIDRENEWED', secretAccessKey: 'renewed', sessionToken: 'token' };
      soon.expiration = new Date(Date.now() + HOUR);
      for (let call = 0; call < 2; call += 1) await dynamo.call('UpdateItem', UPDATE);
    } finally {
      vi.useRealTimers();
    }
    for (const request of server.requests.slice(2)) {
      expect(request.headers['x-amz-security-token']).toBe('token');
      expect(request.headers.authorization).toBe(signatureOf(request, 'renewed'));
      expect(request.headers.authorization).toContain('AKIDRENEWED');
    }
  });

  it('lead to the endpoint of their account', async () => {
    const accounts = ['111111111111', '222222222222'];
    const provider = () => Promise.resolve({ ...KEYS, accountId: accounts[0], expiration });
    let expiration = new Date(Date.now() + HOUR);
    const options = { region: 'us-east-1', attempts: 1, concurrency: 8, label: 'AWS' };
    const dynamo = new Dynamo({ ...options, credentials: provider as never });
    const hosts: string[] = [];
    await dynamo.use(async ({ config }) => {
      config.requestHandler.handle = (request: HttpRequest) => {
        hosts.push(`${request.protocol}//${request.hostname} ${request.headers['host']}`);
        const headers = { 'x-amzn-requestid': 'X' };
        return Promise.resolve({ response: new HttpResponse({ statusCode: 200, headers, body: Buffer.from('{}') }) });
      };
    });
    const call = async () => {
      for (let times = 0; times < 2; times += 1) await dynamo.call('UpdateItem', UPDATE);
    };
    await call();
    accounts.shift();
    // within five minutes of its end an identity is asked for anew
    vi.useFakeTimers({ now: Date.now() + HOUR, toFake: ['Date'] });
    expiration = new Date(Date.now() + HOUR);
    await call().finally(() => vi.useRealTimers());
    const at = (account: string) => `https://${account}.ddb.us-east-1.amazonaws.com ${account}.ddb.us-east-1.amazonaws.com`;
    expect(hosts).toEqual([at('111111111111'), at('111111111111'), at('222222222222'), at('222222222222')]);
  });

  it('are looked up anew after an expired token: the call is made again', async () => {
    const dynamo = connect();
    server.reply = () => (server.requests.length === 2 ? refusal('ExpiredTokenException') : undefined);
    for (let call = 0; call < 2; call += 1) await dynamo.call('UpdateItem', UPDATE);
    expect(server.requests).toHaveLength(3);
  });
});

describe('the clock of raw calls', () => {
  const off = (): WireReply => ({
    ...refusal('InvalidSignatureException', 'Signature expired: it is late'),
    headers: { date: new Date(Date.now() + HOUR).toUTCString() },
  });

  it('is set by the replies, so that calls go on being signed with the time there', async () => {
    const dynamo = connect();
    server.reply = () => ({ headers: { date: new Date(Date.now() + HOUR).toUTCString() } });
    for (let call = 0; call < 3; call += 1) await dynamo.call('UpdateItem', UPDATE);
    for (const { headers } of server.requests.slice(1)) {
      expect(Math.abs(dateOf(headers['x-amz-date']) - Date.now() - HOUR)).toBeLessThan(5_000);
    }
  });

  it('is corrected by a refusal: all calls in flight may be made again, with the time there', async () => {
    const dynamo = connect();
    await dynamo.call('UpdateItem', UPDATE);
    server.reply = off;
    const calls = Array.from({ length: 8 }, () => dynamo.call('UpdateItem', UPDATE));
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'E_CLOCK', fault: 'transient' } });
    }
    server.reply = () => undefined;
    await dynamo.call('UpdateItem', UPDATE);
    const { headers } = server.requests.at(-1)!;
    expect(Math.abs(dateOf(headers['x-amz-date']) - Date.now() - HOUR)).toBeLessThan(5_000);
  });

  it('of a call that is refused late is the one that it was signed with', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const ahead = { date: new Date(Date.now() + HOUR).toUTCString() };
    const refused = { ...off(), headers: ahead };
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const dynamo = connect();
    const now = { headers: { date: new Date().toUTCString() } };
    server.reply = ({ body }) => (body.includes('late') ? gate.then(() => refused) : now);
    try {
      await dynamo.call('UpdateItem', UPDATE);
      const late = dynamo.call('UpdateItem', { ...UPDATE, Key: { topic: { S: 'late' } } }).catch((error: unknown) => error);
      now.headers = ahead;
      for (let call = 0; call < 2; call += 1) await dynamo.call('UpdateItem', UPDATE);
      release();
      expect(await late).toMatchObject({ code: 'E_CLOCK', fault: 'transient' });
    } finally {
      vi.useRealTimers();
    }
  });
});

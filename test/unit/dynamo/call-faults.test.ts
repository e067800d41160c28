import { gzipSync } from 'node:zlib';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Dynamo } from '../../../src/dynamo/client.ts';
import { ServiceError } from '../../../src/dynamo/errors.ts';
import { connectTo } from '../../harness/memory-engine.ts';
import { startWireServer, type WireReply, type WireServer } from '../../harness/wire-server.ts';

const UPDATE = { TableName: 'mqtt_retain', Key: { topic: { S: 't' } } };

let server: WireServer;
const open: Dynamo[] = [];

beforeEach(async () => {
  // no pause before a retry
  vi.spyOn(Math, 'random').mockReturnValue(0);
  server = await startWireServer();
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const dynamo of open.splice(0)) dynamo.close();
  await server.close();
});

function connect(): Dynamo {
  const dynamo = connectTo(server.endpoint, { requestTimeoutMs: 300 });
  open.push(dynamo);
  return dynamo;
}

function typed(type: string, message = 'said so', status = 400): WireReply {
  return { status, body: JSON.stringify({ __type: type, message }) };
}

/** What comes back, our code, the class of the fault, the error's name, and something of the message. */
type Case = [what: string, reply: WireReply, told: string, message: string];

const NS = 'com.amazonaws.dynamodb.v20120810#';
const HTML = '<html>no</html>';
const STRANGER = { 'x-amzn-requestid': undefined };
const REDIRECT = { status: 302, headers: { location: 'http://x/' } };
const THROTTLED = 'UpdateItem on mqtt_retain was throttled (said so)';

const CASES: Case[] = [
  ['400', typed(`${NS}RequestLimitExceeded`), 'E_THROTTLED throttle RequestLimitExceeded', THROTTLED],
  ['a validator', typed('com.amazon.coral.validate#ValidationException'), 'E_USAGE rejected ValidationException', 'refused'],
  ['a bare name', typed('ThrottlingException'), 'E_THROTTLED throttle ThrottlingException', THROTTLED],
  ['a name and an address', typed('AccessDeniedException:http://x/'), 'E_DENIED final AccessDeniedException', 'said so'],
  ['a name in a header', inHeader('ThrottlingException'), 'E_THROTTLED throttle ThrottlingException', 'UnknownError'],
  ['Message', { status: 400, body: `{"__type":"${NS}LimitError","Message":"Many"}` }, 'E_SERVICE final LimitError', 'Many'],
  ['no table', typed(`${NS}ResourceNotFoundException`), 'E_NO_TABLE final ResourceNotFoundException', 'mqtt_retain not found'],
  [
    'a long message',
    typed('ValidationException', 'x'.repeat(999)),
    'E_USAGE rejected ValidationException',
    `${'x'.repeat(300)}…`,
  ],
  ['an expired token', typed('ExpiredTokenException'), 'E_CREDENTIALS final ExpiredTokenException', 'has expired (local at'],
  ['an unknown key', typed('UnrecognizedClientException'), 'E_CREDENTIALS final UnrecognizedClientException', 'key id ...qdyn'],
  ['a bad signature', typed('InvalidSignatureException'), 'E_CREDENTIALS final InvalidSignatureException', 'refused'],
  ['no such operation', typed('UnknownOperationException'), 'E_UNSUPPORTED final UnknownOperationException', 'UpdateItem'],
  ['an unknown error', typed('SomethingElse'), 'E_SERVICE final SomethingElse', 'failed: SomethingElse (said so)'],
  ['no type', { status: 400 }, 'E_SERVICE final Unknown', 'failed: Unknown (UnknownError)'],
  ['no body', { status: 400, body: '' }, 'E_SERVICE final Unknown', 'failed: Unknown (UnknownError)'],
  ['400 and broken JSON', { status: 400, body: '{"__type":' }, 'E_PROTOCOL transient ProtocolError', 'not JSON (10 characters)'],
  ['400 and null', { status: 400, body: 'null' }, 'E_PROTOCOL transient ProtocolError', '400 with an error of another shape'],
  ['400 and a list', { status: 400, body: '{"__type":[]}' }, 'E_PROTOCOL transient ProtocolError', 'an error of another shape'],
  ['500', typed(`${NS}InternalServerError`, 'x', 500), 'E_SERVICE transient InternalServerError', 'failed with 500'],
  ['503', typed('ServiceUnavailable', 'x', 503), 'E_SERVICE transient ServiceUnavailable', 'failed with 503'],
  ['503 in HTML', { status: 503, body: HTML }, 'E_PROTOCOL transient ProtocolError', 'that is not JSON'],
  ['a redirect', REDIRECT, 'E_SERVICE final Unknown', 'failed: Unknown'],
  ['503 of a proxy', { status: 503, headers: STRANGER, body: HTML }, 'E_PROTOCOL transient ProtocolError', 'answered 503 but'],
  ['500 of a stranger', { status: 500, headers: STRANGER }, 'E_PROTOCOL protocol ProtocolError', 'answered 500 but'],
  ['200 of a portal', { headers: STRANGER, body: HTML }, 'E_PROTOCOL protocol ProtocolError', 'is not DynamoDB (no request id)'],
  [
    'a redirect of a portal',
    { ...REDIRECT, headers: { ...STRANGER, ...REDIRECT.headers } },
    'E_PROTOCOL protocol ProtocolError',
    '(no request id, redirected to http://x/',
  ],
  ['an empty reply', { body: '' }, 'E_PROTOCOL transient ProtocolError', 'that is not JSON (0 characters)'],
  ['broken JSON', { body: '{"Attributes":' }, 'E_PROTOCOL transient ProtocolError', 'is not JSON (14 characters)'],
  ['a wrong checksum', { headers: { 'x-amz-crc32': '1' } }, 'E_PROTOCOL transient ProtocolError', 'whose checksum is wrong'],
  ['gzip', { headers: { 'content-encoding': 'gzip' }, body: gzipSync('{}') }, 'E_PROTOCOL transient ProtocolError', 'not JSON'],
  ['null', { body: 'null' }, 'E_PROTOCOL transient ProtocolError', 'to UpdateItem of another shape: it is null, not an object'],
  ['a cut connection', { fate: 'cut' }, 'E_ENDPOINT transient TimeoutError', 'cannot reach local at'],
  ['a cut reply', { fate: 'cut-body' }, 'E_ENDPOINT transient Error', 'cannot reach local at'],
  ['silence', { fate: 'hang' }, 'E_TIMEOUT transient TimeoutError', 'no reply to UpdateItem'],
];

function inHeader(type: string): WireReply {
  return { status: 400, headers: { 'x-amzn-errortype': type } };
}

type Door = (dynamo: Dynamo) => Promise<unknown>;

const raw: Door = (dynamo) => dynamo.call('UpdateItem', UPDATE);
const stock: Door = (dynamo) => dynamo.use((client) => client.send(new UpdateItemCommand(UPDATE)));

/** All that a user and a retry loop can see of an error. */
async function faultOf(door: Door): Promise<object> {
  const error: unknown = await door(connect()).catch((thrown: unknown) => thrown);
  if (!(error instanceof ServiceError)) throw new Error(`not a fault of the service: ${String(error)}`);
  const { code, message, hint, service, fault } = error;
  return { code, message, hint, service, fault };
}

describe('a fault', () => {
  it.each(CASES)('of a raw call and of a command of the SDK is told alike: %s', async (_, reply, wanted, message) => {
    server.reply = () => reply;
    const told = await faultOf(raw);
    const [code, fault, service] = wanted.split(' ');
    expect(told).toMatchObject({ code, fault, service, message: expect.stringContaining(message) as string });
    expect(await faultOf(stock)).toEqual(told);
  });

  it('is told alike where the endpoint is gone', async () => {
    const { endpoint } = server;
    await server.close();
    const told = await faultOf(raw);
    expect(told).toMatchObject({ code: 'E_ENDPOINT', message: expect.stringContaining('ECONNREFUSED') as string });
    expect(await faultOf(stock)).toEqual(told);
    server = await startWireServer();
    expect(server.endpoint).not.toBe(endpoint);
  });
});

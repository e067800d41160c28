import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import Scan from '../../src/commands/scan.ts';
import type { Item } from '../../src/domain/item.ts';
import { KEYS, TABLES as TABLE_NAMES } from '../../src/domain/records/tables.ts';
import { batchGet } from '../../src/dynamo/batch-get.ts';
import { start } from '../harness/built.ts';
import { LONG } from '../harness/long.ts';
import { chance, type Fault, type FaultPlan } from '../harness/fault-proxy.ts';
import { connectTo, memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { runCommand } from '../harness/run-command.ts';
import { ack, publish, Scene, usualLog } from '../harness/scene.ts';

const LOG = usualLog(200);
let engine: MemoryEngine;
let scene: Scene;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(() => scene?.close());

const isWrite = (operation: string) => operation === 'BatchWriteItem' || operation === 'UpdateItem';

/** The same fault on every write from the one with this number on. */
function writesFrom(first: number, fault: Fault, until = Infinity): FaultPlan {
  let writes = 0;
  return ({ operation }) => {
    if (!isWrite(operation)) return undefined;
    writes += 1;
    return writes > first && writes <= until ? fault : undefined;
  };
}

/** Table and key of one request of a BatchWriteItem. */
function keyOf(table: string, write: { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } }): string {
  const name = TABLE_NAMES.find((one) => table.endsWith(one))!;
  const item = write.PutRequest?.Item ?? write.DeleteRequest!.Key;
  return JSON.stringify([name, ...KEYS[name].map((attribute) => item[attribute])]);
}

async function open(plan?: FaultPlan, requestTimeoutMs?: number): Promise<Scene> {
  scene = await Scene.open(engine, LOG, {
    ...(plan === undefined ? {} : { plan }),
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  });
  return scene;
}

describe('endpoint faults', () => {
  it('E1 endpoint down at start: exit 5 within 10 s, nothing made', async () => {
    await open();
    await scene.proxy.down();
    const started = Date.now();
    const { code, stderr } = await scene.command();
    expect(code).toBe(5);
    expect(stderr).toContain(`E_ENDPOINT: cannot reach local at ${scene.proxy.url} (ECONNREFUSED). Is DynamoDB running?`);
    expect(stderr).toContain('--endpoint-url');
    expect(Date.now() - started).toBeLessThan(10_000);
    await scene.expectUntouched();
  });

  it('E1 endpoint whose name does not resolve: exit 5 within 10 s', async () => {
    await open();
    const started = Date.now();
    const { file, rejects, checkpoint } = scene.recording;
    const target = ['--endpoint-url', 'https://mqdyn.invalid', '--region', 'local'];
    const args = [file, '--rejects', rejects, '--checkpoint', checkpoint, ...target];
    const env = { AWS_ACCESS_KEY_ID: 'mqdyn', AWS_SECRET_ACCESS_KEY: 'mqdyn' };
    Object.assign(process.env, env);
    const { code, stderr } = await runCommand(Replay, args, { env }).finally(() => {
      for (const name of Object.keys(env)) delete process.env[name];
    });
    expect([code, stderr]).toEqual([5, expect.stringMatching(/E_ENDPOINT: .*\((ENOTFOUND|EAI_AGAIN)\)/) as string]);
    expect(Date.now() - started).toBeLessThan(10_000);
    await scene.expectUntouched();
  });

  it('E2 down in the middle and back within patience: exit 0, one warning when it stops and one when it goes on', async () => {
    await open();
    let went = false;
    scene.proxy.watch = (point, { operation }) => {
      if (went || point !== 'answered' || operation !== 'BatchWriteItem') return;
      went = true;
      void scene.proxy.downFor(400);
    };
    const { code, notices } = await scene.replay({ concurrency: 1 });
    expect(code).toBe(0);
    expect(notices).toEqual([expect.stringMatching(/^cannot reach .*; retrying$/), 'the endpoint answers again']);
    await scene.expectDone();
  });

  it('E3 down in the middle for longer: exit 5, no reject, and --resume goes on', async () => {
    await open();
    let writes = 0;
    scene.proxy.watch = (point, { operation }) => {
      if (point === 'answered' && isWrite(operation) && (writes += 1) === 30) void scene.proxy.down();
    };
    const { code, error } = await scene.replay({ retryForMs: 300, concurrency: 1 });
    expect([code, error?.code]).toEqual([5, 'E_ENDPOINT']);
    expect(error?.message).toMatch(/^no progress for 0 s \(last: cannot reach .* \((ECONNREFUSED|ECONNRESET)\)\)$/);
    expect(error?.hint).toContain('Nothing is lost: run the same command with --resume.');
    expect(error?.detail.join()).toMatch(/read \d+ = .*; checkpoint at byte \d+ of/);
    expect(scene.recording.saved()!.position.offset).toBeGreaterThan(0);
    scene.proxy.watch = undefined;
    await scene.proxy.up();
    await scene.expectResumable();
  });

  it('E4 accepts and never answers: exit 5 within patience and one time-out', async () => {
    await open(writesFrom(10, { kind: 'hang' }), 250);
    const started = Date.now();
    const { code, error } = await scene.replay({ retryForMs: 500 });
    expect([code, error?.code]).toEqual([5, 'E_TIMEOUT']);
    expect(error?.message).toMatch(/no reply to (BatchWriteItem|UpdateItem) /);
    expect(error?.message).not.toMatch(/smithy|configured by/);
    expect(Date.now() - started).toBeLessThan(500 + 250 + 5_000);
    await scene.expectResumable();
  });

  it('E5 slow replies: exit 0', async () => {
    await open(({ index }) => (index % 3 === 0 ? { kind: 'slow', ms: 150 } : undefined));
    expect((await scene.replay()).code).toBe(0);
    await scene.expectDone();
  });

  it('E5 slow replies: no more calls at a time than were asked for', async () => {
    await open(() => ({ kind: 'slow', ms: 30 }));
    let [flying, most] = [0, 0];
    scene.proxy.watch = (point, { operation, tables }) => {
      if (operation !== 'UpdateItem' || !tables[0]!.endsWith('mqtt_topic_msg_map')) return;
      if (point === 'arrived') most = Math.max(most, (flying += 1));
      if (point === 'answered') flying -= 1;
    };
    expect((await scene.replay({ concurrency: 3 })).code).toBe(0);
    expect(most).toBe(3);
    await scene.expectDone();
  });

  it.skipIf(!LONG)('E5 five seconds for every call, with the usual limits: exit 0', async () => {
    await open(({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 5_000 } : undefined), 20_000);
    const { code, result } = await scene.replay({ window: { events: 1_000, bytes: 1 << 20 } });
    expect([code, result?.writer.retries]).toEqual([0, 0]);
    await scene.expectDone();
  });

  it('E5 replies that drip: exit 0', async () => {
    await open(() => ({ kind: 'drip', bytes: 20 }));
    const { code, result } = await scene.replay();
    expect([code, result?.writer.retries]).toEqual([0, 0]);
    await scene.expectDone();
  });

  it.each([500, 503])('E6 a fifth of the calls HTTP %d: exit 0, repeated calls counted', async (status) => {
    const failing = (index: number) => chance(status, index) < 0.2;
    await open(({ index, operation }) =>
      isWrite(operation) && failing(index) ? { kind: 'error', name: 'InternalServerError', status } : undefined,
    );
    const { code, result, notices } = await scene.replay();
    expect(code).toBe(0);
    expect(result!.writer.retries).toBeGreaterThan(0);
    expect(result!.rejected).toBe(0);
    // however often it comes and goes: once that it does, once that it is over, for each of the five tables
    expect(notices.filter((sentence) => /retrying|takes writes again/.test(sentence)).length).toBeLessThanOrEqual(10);
    await scene.expectDone();
  });

  it.each(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'])(
    'E7 whole calls throttled by %s for a while: exit 0',
    async (name) => {
      await open(writesFrom(5, { kind: 'error', name }, 25));
      const { code, result } = await scene.replay();
      expect([code, result!.writer.retries]).toEqual([0, 20]);
      await scene.expectDone();
    },
  );

  it('E7 one table throttled for ever: exit 5, the table and the reason named, other tables go on', async () => {
    await open(({ operation, tables }) =>
      isWrite(operation) && tables[0]!.endsWith('mqtt_retain')
        ? { kind: 'error', name: 'ProvisionedThroughputExceededException', message: 'key-range limit' }
        : undefined,
    );
    const { code, error } = await scene.replay({ retryForMs: 300 });
    expect([code, error?.code]).toEqual([5, 'E_THROTTLED']);
    expect(error?.message).toContain(`${scene.prefix}mqtt_retain refused writes`);
    expect(error?.message).toContain('key-range limit');
    expect(error?.hint).toContain('Raise the capacity of the table');
    const others = scene.proxy.history.filter(({ applied, tables }) => applied && tables[0]!.endsWith('mqtt_msg'));
    expect(others.length).toBeGreaterThan(0);
    await scene.expectResumable();
  });

  it('E8 random half left over: exit 0, leftovers sent again alone, no key twice in a call', async () => {
    const isLeft = (index: number, position: number) => chance(index, position) < 0.5;
    await open(({ index, operation }) =>
      operation === 'BatchWriteItem' ? { kind: 'unprocessed', left: (position) => isLeft(index, position) } : undefined,
    );
    const calls: { keys: string[]; left: string[] }[] = [];
    scene.proxy.watch = (point, { index, operation }, body) => {
      if (point !== 'arrived' || operation !== 'BatchWriteItem') return;
      const [[table, writes]] = Object.entries(body.RequestItems!) as [[string, object[]]];
      const keys = writes.map((write) => keyOf(table, write));
      calls.push({ keys, left: keys.filter((_, position) => isLeft(index, position)) });
    };
    const { code, result } = await scene.replay();
    expect(code).toBe(0);
    const leftOver = calls.filter(({ left }) => left.length > 0);
    expect(leftOver.length).toBeGreaterThan(10);
    expect(result!.writer.retries).toBe(leftOver.length);
    for (const { keys } of calls) expect(new Set(keys).size).toBe(keys.length);
    const sent = calls.map(({ keys }) => keys.join());
    for (const call of leftOver) expect(sent.slice(calls.indexOf(call) + 1)).toContain(call.left.join());
    await scene.expectDone();
  });

  it.each<[what: string, left: (table: string) => object]>([
    ['a key that was not sent', (table) => ({ [table]: [{ DeleteRequest: { Key: { topic: { S: 'nobody/sent/this' } } } }] })],
    ['another table', () => ({ another: [{ DeleteRequest: { Key: { topic: { S: 't' } } } }] })],
  ])('E8 a reply leaves over %s: the whole call is made again, exit 0', async (_, left) => {
    const tables = new Map<number, string>();
    await open(({ index, operation, tables: [table] }) => {
      if (operation !== 'BatchWriteItem' || index % 2 === 0 || tables.size > 9) return undefined;
      tables.set(index, table!);
      return { kind: 'reply', body: { UnprocessedItems: left(table!) } };
    });
    const { code, result } = await scene.replay();
    expect(code).toBe(0);
    expect(tables.size).toBeGreaterThan(2);
    expect(result!.writer.retries).toBe(tables.size);
    await scene.expectDone();
  });

  it('E8 everything left over for a while: exit 0', async () => {
    await open(writesFrom(3, { kind: 'unprocessed', left: () => true }, 20));
    expect((await scene.replay()).code).toBe(0);
    await scene.expectDone();
  });

  it('E8 everything left over for ever: exit 5, nothing rejected', async () => {
    await open(({ operation }) => (operation === 'BatchWriteItem' ? { kind: 'unprocessed', left: () => true } : undefined));
    const { code, error } = await scene.replay({ retryForMs: 300 });
    expect([code, error?.code]).toEqual([5, 'E_THROTTLED']);
    await scene.expectResumable();
  });

  it('E9 connection reset after the batch was applied: exit 0', async () => {
    await open(({ index, operation }) => (isWrite(operation) && index % 4 === 0 ? { kind: 'reset-after' } : undefined));
    const { code, result } = await scene.replay();
    expect(code).toBe(0);
    expect(result!.writer.retries).toBeGreaterThan(0);
    await scene.expectDone();
  });

  it.each(['empty', 'html'] as const)('E10 first replies are %s: exit 4 at once, nothing made', async (kind) => {
    await open(() => ({ kind }));
    const { code, error } = await scene.replay();
    expect([code, error?.code]).toEqual([4, 'E_PROTOCOL']);
    expect(error?.message).toContain('answered 200 but is not DynamoDB (no request id');
    expect(error?.hint).toContain('proxy or a captive portal');
    expect(scene.proxy.calls['DescribeTable']).toBeLessThanOrEqual(5);
    scene.proxy.reset();
    await scene.expectUntouched();
  });

  it.each<[what: string, fault: Fault, code: string, said: string]>([
    ['cut in their JSON', { kind: 'half' }, 'E_PROTOCOL', 'a reply that is not JSON'],
    ['cut off', { kind: 'truncate' }, 'E_ENDPOINT', 'cannot reach'],
    ['of another shape', { kind: 'reply', body: { Table: null } }, 'E_PROTOCOL', 'its Table is null, not an object'],
    ['those of a gateway', { kind: 'redirect', status: 503 }, 'E_PROTOCOL', 'answered 503 but is not DynamoDB'],
  ])('E10 first replies are %s: repeated, then exit 5, nothing made (fault 16)', async (_, fault, code, said) => {
    await open(() => fault);
    const { code: exit, error } = await scene.replay();
    expect([exit, error?.code]).toEqual([5, code]);
    expect(error?.message).toContain(said);
    expect(scene.proxy.calls['DescribeTable']).toBeGreaterThan(5);
    scene.proxy.reset();
    await scene.expectUntouched();
  });

  it.each(['half', 'truncate'] as const)('E10 the first reply alone is a %s one: exit 0 (fault 16)', async (kind) => {
    await open(({ index }) => (index === 0 ? { kind } : undefined));
    expect((await scene.replay()).code).toBe(0);
    await scene.expectDone();
  });

  it.each(['empty', 'html', 'half'] as const)(
    'E10 replies become %s in the middle: exit 5, the watermark stays',
    async (kind) => {
      await open(writesFrom(30, { kind }));
      const { code, error } = await scene.replay();
      expect([code, error?.code]).toEqual([5, 'E_PROTOCOL']);
      await scene.expectResumable();
    },
  );

  it('E10 replies are cut in the middle for a while: exit 0', async () => {
    await open(writesFrom(5, { kind: 'truncate' }, 12));
    expect((await scene.replay()).code).toBe(0);
    await scene.expectDone();
  });

  it('E11 a call that timed out is carried out late: nothing newer of its window is sent before that', async () => {
    const clientid = 'c';
    const log = [
      { event: 'client.connected', clientid, node: 'n', timestamp: 1_714_727_730_000 },
      ...Array.from({ length: 30 }, (_, index) => publish(index)),
      { event: 'client.disconnected', clientid, reason: 'normal', timestamp: 1_714_727_790_000 },
    ];
    let late = 0;
    scene = await Scene.open(engine, log, {
      requestTimeoutMs: 150,
      plan: ({ operation, tables }) => {
        const first = operation === 'BatchWriteItem' && tables[0]!.endsWith('mqtt_client') && (late += 1) === 1;
        return first ? { kind: 'late', ms: 900 } : undefined;
      },
    });
    const { code, result } = await scene.replay({ lateMs: 1_200 });
    expect([code, result?.writer.retries, result?.reconciled]).toEqual([0, 1, 0]);
    await scene.expectDone();
  });

  it('E11 ids that a late call adds again after they were taken out are found, and taken out', async () => {
    const topic = 't';
    const log = [publish(1, { topic }), publish(2, { topic }), ack(1, { topic })];
    let late = 0;
    scene = await Scene.open(engine, log, {
      requestTimeoutMs: 150,
      plan: ({ operation }) => (operation === 'UpdateItem' && (late += 1) === 1 ? { kind: 'late', ms: 900 } : undefined),
    });
    const { code, notices, result } = await scene.replay({ lateMs: 1_200 });
    expect([code, result?.reconciled]).toEqual([0, 1]);
    expect(notices).toContain('reconciled 1 topic after calls whose outcome was unknown');
    await scene.expectDone();
  });

  it('E11 a late call of a run that stopped is found by the run that goes on', async () => {
    const clientid = 'c';
    const log = [
      { event: 'client.connected', clientid, node: 'n', timestamp: 1_714_727_730_000 },
      { event: 'client.disconnected', clientid, reason: 'normal', timestamp: 1_714_727_790_000 },
    ];
    scene = await Scene.open(engine, log, { requestTimeoutMs: 100, plan: writesFrom(0, { kind: 'late', ms: 1_200 }) });
    const { code } = await scene.replay({ retryForMs: 50, window: { events: 1, bytes: 1 << 20 } });
    expect(code).toBe(5);
    scene.proxy.reset();
    // the run that goes on writes nothing before the late call can no longer come
    const again = await scene.resume({ lateMs: 1_500 });
    expect(again.code).toBe(0);
    await scene.expectDone();
  });

  it('every call says who makes it', async () => {
    await open(() => undefined);
    await scene.replay();
    const agents = scene.proxy.history.map(({ headers }) => String(headers['user-agent']));
    expect(agents.filter((agent) => !agent.includes('app/mqdyn'))).toEqual([]);
  });

  it('E12 credentials that have expired are looked up anew once', async () => {
    await open(writesFrom(5, { kind: 'error', name: 'ExpiredTokenException' }, 6));
    const { code, result } = await scene.replay();
    expect([code, result?.writer.retries]).toEqual([0, 0]);
    const refused = scene.proxy.history.filter(({ fault }) => fault === 'error');
    expect(refused).toHaveLength(1);
    await scene.expectDone();
  });

  it('E12 credentials that stay expired: exit 6, no reject', async () => {
    await open(writesFrom(30, { kind: 'error', name: 'ExpiredTokenException' }));
    const { code, error } = await scene.replay();
    expect([code, error?.code]).toEqual([6, 'E_CREDENTIALS']);
    expect(error?.message).toContain('the session token has expired');
    expect(error?.hint).toMatch(/Renew it.*--resume/);
    await scene.expectResumable();
  });

  it('E13 local clock one hour off, the server tells its own: exit 0', async () => {
    const ahead = 3_600_000;
    const signedAt = (headers: Record<string, unknown>) =>
      Date.parse(String(headers['x-amz-date']).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
    await open(({ headers }) =>
      Math.abs(Date.now() + ahead - signedAt(headers)) < 300_000
        ? undefined
        : { kind: 'error', name: 'InvalidSignatureException', message: 'Signature expired: it is now too late' },
    );
    scene.proxy.clockAhead = ahead;
    const { code, error } = await scene.replay({ concurrency: 2 });
    expect([code, error]).toEqual([0, undefined]);
    await scene.expectDone();
  });

  it('E13 clock far off and the server tells none: exit 6, nothing made', async () => {
    const expired = 'Signature expired: 20240101T000000Z is now earlier than 20240101T004600Z (20240101T010100Z - 15 min.)';
    await open(() => ({ kind: 'error', name: 'InvalidSignatureException', message: expired }));
    scene.proxy.clockAhead = undefined;
    const { code, error } = await scene.replay();
    expect([code, error?.code]).toEqual([6, 'E_CLOCK']);
    expect(error?.message).toBe(`this clock and that of local at ${scene.proxy.url} differ by 61 min`);
    scene.proxy.reset();
    await scene.expectUntouched();
  });

  it.each([301, 302, 307, 407, 413])('E14 HTTP %d at the start: exit 4, redirects are not followed', async (status) => {
    const location = status < 400 ? 'http://127.0.0.1:9/elsewhere' : undefined;
    await open(() => ({ kind: 'redirect', status, ...(location === undefined ? {} : { location }) }));
    const { code, stderr } = await scene.command();
    expect(code).toBe(4);
    expect(stderr).toContain('E_PROTOCOL');
    if (location !== undefined) expect(stderr).toContain(`redirected to ${location}; redirects are not followed`);
    scene.proxy.reset();
    await scene.expectUntouched();
  });

  it('E15 TLS to a plain port: exit 4', async () => {
    await open();
    const { code, stderr } = await scene.command(['--endpoint-url', scene.proxy.url.replace('http:', 'https:')]);
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(/E_TLS: .*\(EPROTO\)\. Use http:\/\/ .* NODE_EXTRA_CA_CERTS/) as string,
    ]);
    await scene.expectUntouched();
  });

  it('E15 a certificate that nobody vouches for: exit 4, and no flag that skips the check', async () => {
    await open();
    const secure = await memoryEngine({ ssl: true });
    const { code, stderr } = await scene.command(['--endpoint-url', secure.endpoint]);
    await secure.stop();
    expect([code, stderr]).toEqual([4, expect.stringContaining('E_TLS') as string]);
    await scene.expectUntouched();
    expect(Object.keys(Replay.flags).filter((name) => /insecure|verify-(tls|ssl|cert)/.test(name))).toEqual([
      'allow-insecure-endpoint',
    ]);
  });

  it('E15 a certificate that has expired, of an authority that is trusted: exit 4', async () => {
    await open();
    // the engine's own certificate is of 2015, for three years
    const secure = await memoryEngine({ ssl: true });
    const { file, rejects, checkpoint } = scene.recording;
    const target = ['--endpoint-url', secure.endpoint.replace('127.0.0.1', 'localhost'), '--region', 'local'];
    const authority = join(dirname(createRequire(import.meta.url).resolve('dynalite')), 'ssl/ca-crt.pem');
    const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, ...target];
    const { code, stderr } = await start(args, { env: { NODE_EXTRA_CA_CERTS: authority } }).ended;
    await secure.stop();
    expect([code, stderr]).toEqual([4, expect.stringMatching(/E_TLS: .*\(CERT_HAS_EXPIRED\)/) as string]);
    await scene.expectUntouched();
  });

  it('E16 plain http to a host that is not this one: exit 11 before any packet', async () => {
    await open();
    const env = { AWS_ACCESS_KEY_ID: 'mqdyn', AWS_SECRET_ACCESS_KEY: 'mqdyn' };
    const connections = vi.spyOn(Socket.prototype, 'connect');
    const { code, stderr } = await scene.command(['--endpoint-url', 'http://192.0.2.7:8000'], { env });
    const packets = connections.mock.calls.length;
    connections.mockRestore();
    const sentence = 'E_ENDPOINT_UNSAFE: would send AWS credentials and all data unencrypted to 192.0.2.7:8000';
    expect([code, stderr]).toEqual([11, expect.stringContaining(sentence) as string]);
    expect(stderr).toContain('Use https, or --allow-insecure-endpoint.');
    expect(packets).toBe(0);
    await scene.expectUntouched();
  });

  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_DYNAMODB', 'the AWS profile'])(
    'E17 endpoint from %s: it is named, and where it comes from',
    async (source) => {
      await open();
      const { file, rejects, checkpoint } = scene.recording;
      const config = join(scene.folder.path, 'config');
      const keys = 'aws_access_key_id = mqdyn\naws_secret_access_key = mqdyn\n';
      writeFileSync(config, `[profile own]\nregion = local\nendpoint_url = ${scene.proxy.url}\n${keys}`);
      const env =
        source === 'the AWS profile'
          ? { AWS_PROFILE: 'own', AWS_CONFIG_FILE: config }
          : { [source]: scene.proxy.url, AWS_REGION: 'local' };
      const args = ['replay', file, '--rejects', rejects, '--checkpoint', checkpoint, '--table-prefix', scene.prefix];
      const { code, stderr } = await start(args, { env }).ended;
      expect([code, stderr]).toEqual([0, stderr]);
      expect(stderr).toContain(`Writing to: ${scene.proxy.url}, local (set by ${source})`);
      expect(scene.recording.saved()).toMatchObject({ done: true, target: { place: `local at ${scene.proxy.url}` } });
      await scene.expectEqual();
    },
  );

  it.each(['127.0.0.1:8000', 'http://user:pw@127.0.0.1:8000', 'ftp://127.0.0.1:8000'])('E18 endpoint %s: exit 2', async (url) => {
    await open();
    const { code, stderr } = await scene.command(['--endpoint-url', url]);
    const sentence = '--endpoint-url must be local or http(s)://host[:port] without user:password';
    expect([code, stderr]).toEqual([2, expect.stringContaining(`E_USAGE: ${sentence}`) as string]);
    expect(stderr).not.toContain('user:pw@');
    await scene.expectUntouched();
  });

  it('E19 an empty page with a key is not the end', async () => {
    await open();
    await scene.replay();
    let pages = 0;
    const key = { msgid: { S: 'MA' } };
    scene.proxy.reset(({ operation }) =>
      operation === 'Scan' && (pages += 1) === 1
        ? { kind: 'reply', body: { Items: [], Count: 0, ScannedCount: 0, LastEvaluatedKey: key } }
        : undefined,
    );
    const { code, stdout } = await runCommand(Scan, ['mqtt_msg', '--count', '--json', ...scene.target]);
    expect(code).toBe(0);
    expect(pages).toBe(2);
    expect(JSON.parse(stdout)).toHaveProperty('count');
  });

  it('E19 the same key twice: exit 5, no endless loop', async () => {
    await open();
    const body = { Items: [], Count: 0, ScannedCount: 0, LastEvaluatedKey: { msgid: { S: 'MA' } } };
    scene.proxy.reset(({ operation }) => (operation === 'Scan' ? { kind: 'reply', body } : undefined));
    const { code, stderr } = await runCommand(Scan, ['mqtt_msg', '--count', ...scene.target]);
    expect([code, stderr]).toEqual([5, expect.stringContaining('does not advance') as string]);
    expect(scene.proxy.calls['Scan']).toBeLessThanOrEqual(3);
  });

  it('E19 keys that a read leaves over are read again', async () => {
    await open();
    await scene.replay();
    scene.proxy.reset(({ index, operation }) =>
      operation === 'BatchGetItem' ? { kind: 'unprocessed', left: (position) => chance(index, position) < 0.5 } : undefined,
    );
    const keys = Array.from({ length: 5 }, (_, index) => ({ clientid: { S: `sensor-${index}` } }));
    const dynamo = connectTo(scene.proxy.url);
    const { items } = await batchGet(dynamo, `${scene.prefix}mqtt_client`, keys, new AbortController().signal);
    dynamo.close();
    expect(items).toHaveLength(5);
    expect(scene.proxy.calls['BatchGetItem']).toBeGreaterThan(1);
  });

  it('keeps time-outs apart from a full queue: more calls than sockets are no fault', async () => {
    await open(() => ({ kind: 'slow', ms: 30 }), 2_000);
    const { code, result } = await scene.replay({ concurrency: 32 });
    expect([code, result?.writer.retries]).toEqual([0, 0]);
    await scene.expectEqual();
  });

  it('ends on a server that takes connections and never reads', async () => {
    await open();
    const server = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const dynamo = connectTo(`http://127.0.0.1:${port}`, { requestTimeoutMs: 200 });
    const started = Date.now();
    const { code, error } = await scene.recording.replay(dynamo, { retryForMs: 300 });
    expect([code, error?.code]).toEqual([5, 'E_TIMEOUT']);
    expect(Date.now() - started).toBeLessThan(5_000);
    dynamo.close();
    server.close();
  });
});

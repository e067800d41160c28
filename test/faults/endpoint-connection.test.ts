import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import { writesFrom } from '../harness/fault-plans.ts';
import { type FaultPlan, isWrite } from '../harness/fault-proxy.ts';
import { LONG } from '../harness/long.ts';
import { connectTo } from '../harness/memory-engine.ts';
import { usualLog } from '../harness/replay-fixture.ts';
import { replaySuite } from '../harness/replay-suite.ts';
import { runCommand } from '../harness/run-command.ts';

const LOG = usualLog(200);
const suite = replaySuite();

const open = (plan?: FaultPlan, requestTimeoutMs?: number) =>
  suite.open(LOG, { ...(plan && { plan }), ...(requestTimeoutMs !== undefined && { requestTimeoutMs }) });

describe('the connection to the endpoint', () => {
  it('E1 the endpoint is down at the start: exit 5 within 10 s, no file created', async () => {
    const fixture = await open();
    await fixture.proxy.down();
    const started = Date.now();
    const { code, stderr } = await fixture.command();
    expect(code).toBe(5);
    expect(stderr).toContain(`E_ENDPOINT: cannot reach local at ${fixture.proxy.url} (ECONNREFUSED). Is DynamoDB running?`);
    expect(stderr).toContain('--endpoint-url');
    expect(Date.now() - started).toBeLessThan(10_000);
    await fixture.expectUntouched();
  });

  it('E1 the name of the endpoint does not resolve: exit 5 within 10 s', async () => {
    const fixture = await open();
    const started = Date.now();
    const { file, rejects, checkpoint } = fixture.recording;
    const target = ['--endpoint-url', 'https://mqdyn.invalid', '--region', 'local'];
    const args = [file, '--rejects', rejects, '--checkpoint', checkpoint, ...target];
    const env = { AWS_ACCESS_KEY_ID: 'mqdyn', AWS_SECRET_ACCESS_KEY: 'mqdyn' };
    Object.assign(process.env, env);
    const { code, stderr } = await runCommand(Replay, args, { env }).finally(() => {
      for (const name of Object.keys(env)) delete process.env[name];
    });
    expect([code, stderr]).toEqual([5, expect.stringMatching(/E_ENDPOINT: .*\((ENOTFOUND|EAI_AGAIN)\)/) as string]);
    expect(Date.now() - started).toBeLessThan(10_000);
    await fixture.expectUntouched();
  });

  it('E2 down during the run and back within --retry-for: exit 0, one warning when calls fail and one when they work again', async () => {
    const fixture = await open();
    let went = false;
    fixture.proxy.watch = (point, { operation }) => {
      if (went || point !== 'answered' || operation !== 'BatchWriteItem') return;
      went = true;
      void fixture.proxy.downFor(400);
    };
    const { code, notices } = await fixture.replay({ concurrency: 1 });
    expect(code).toBe(0);
    expect(notices).toEqual([expect.stringMatching(/^cannot reach .*; retrying$/), 'the endpoint answers again']);
    await fixture.expectDone();
  });

  it('E3 down for longer than --retry-for: exit 5, no reject, and --resume goes on', async () => {
    const fixture = await open();
    let writes = 0;
    fixture.proxy.watch = (point, { operation }) => {
      if (point === 'answered' && isWrite(operation) && (writes += 1) === 30) void fixture.proxy.down();
    };
    const { code, error } = await fixture.replay({ retryForMs: 300, concurrency: 1 });
    expect([code, error?.code]).toEqual([5, 'E_ENDPOINT']);
    expect(error?.message).toMatch(/^no progress for 0 s \(last: cannot reach .* \((ECONNREFUSED|ECONNRESET)\)\)$/);
    expect(error?.hint).toContain('Nothing is lost: run the same command with --resume.');
    expect(error?.detail.join()).toMatch(/read \d+ = .*; checkpoint at byte \d+ of/);
    expect(fixture.recording.saved()!.position.offset).toBeGreaterThan(0);
    fixture.proxy.watch = undefined;
    await fixture.proxy.up();
    await fixture.expectResumable();
  });

  it('E4 accepts calls and never answers: exit 5 after --retry-for and one timeout', async () => {
    const fixture = await open(writesFrom(10, { kind: 'hang' }), 250);
    const started = Date.now();
    const { code, error } = await fixture.replay({ retryForMs: 500 });
    expect([code, error?.code]).toEqual([5, 'E_TIMEOUT']);
    expect(error?.message).toMatch(/no reply to (BatchWriteItem|UpdateItem) /);
    expect(error?.message).not.toMatch(/smithy|configured by/);
    expect(Date.now() - started).toBeLessThan(500 + 250 + 5_000);
    await fixture.expectResumable();
  });

  it('E5 slow replies: exit 0', async () => {
    const fixture = await open(({ index }) => (index % 3 === 0 ? { kind: 'slow', ms: 150 } : undefined));
    expect((await fixture.replay()).code).toBe(0);
    await fixture.expectDone();
  });

  it('E5 slow replies: no more calls at a time than were asked for', async () => {
    const fixture = await open(() => ({ kind: 'slow', ms: 30 }));
    let [flying, most] = [0, 0];
    fixture.proxy.watch = (point, { operation, tables }) => {
      if (operation !== 'UpdateItem' || !tables[0]!.endsWith('mqtt_topic_msg_map')) return;
      if (point === 'arrived') most = Math.max(most, (flying += 1));
      if (point === 'answered') flying -= 1;
    };
    expect((await fixture.replay({ concurrency: 3 })).code).toBe(0);
    expect(most).toBe(3);
    await fixture.expectDone();
  });

  it.skipIf(!LONG)('E5 five seconds for every call, with the usual limits: exit 0', async () => {
    const fixture = await open(({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 5_000 } : undefined), 20_000);
    const { code, result } = await fixture.replay({ window: { events: 1_000, bytes: 1 << 20 } });
    expect([code, result?.writer.retries]).toEqual([0, 0]);
    await fixture.expectDone();
  });

  it('E5 replies arrive a few bytes at a time: exit 0', async () => {
    const fixture = await open(() => ({ kind: 'drip', bytes: 20 }));
    const { code, result } = await fixture.replay();
    expect([code, result?.writer.retries]).toEqual([0, 0]);
    await fixture.expectDone();
  });

  it('E9 connection reset after the batch was applied: exit 0', async () => {
    const fixture = await open(({ index, operation }) =>
      isWrite(operation) && index % 4 === 0 ? { kind: 'reset-after' } : undefined,
    );
    const { code, result } = await fixture.replay();
    expect(code).toBe(0);
    expect(result!.writer.retries).toBeGreaterThan(0);
    await fixture.expectDone();
  });

  it('every call carries the user agent of the program', async () => {
    const fixture = await open(() => undefined);
    await fixture.replay();
    const agents = fixture.proxy.history.map(({ headers }) => String(headers['user-agent']));
    expect(agents.filter((agent) => !agent.includes('app/mqdyn'))).toEqual([]);
  });

  it('calls that wait for a socket do not time out', async () => {
    const fixture = await open(() => ({ kind: 'slow', ms: 30 }), 2_000);
    const { code, result } = await fixture.replay({ concurrency: 32 });
    expect([code, result?.writer.retries]).toEqual([0, 0]);
    await fixture.expectEqual();
  });

  it('a server that accepts connections and never reads ends the run', async () => {
    const fixture = await open();
    const server = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const dynamo = connectTo(`http://127.0.0.1:${port}`, { requestTimeoutMs: 200 });
    const started = Date.now();
    const { code, error } = await fixture.recording.replay(dynamo, { retryForMs: 300 });
    expect([code, error?.code]).toEqual([5, 'E_TIMEOUT']);
    expect(Date.now() - started).toBeLessThan(5_000);
    dynamo.close();
    server.close();
  });
});

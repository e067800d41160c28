import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LiveOptions } from '../../src/app/live/options.ts';
import Replay from '../../src/commands/replay.ts';
import { MqdynError } from '../../src/domain/errors.ts';
import { isWrite } from '../harness/fault-proxy.ts';
import { startLive, type LiveRun } from '../harness/live-run.ts';
import { memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { publish, ReplayFixture } from '../harness/replay-fixture.ts';
import { runCommand } from '../harness/run-command.ts';

let engine: MemoryEngine;
let fixture: ReplayFixture;
let live: LiveRun | undefined;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(async () => {
  await live?.stop().catch(() => undefined);
  live = undefined;
  await fixture?.close();
});

async function listen(options: Partial<LiveOptions> = {}): Promise<LiveRun> {
  const { recording, prefix, dynamo } = fixture;
  live = await startLive(dynamo, { rejects: recording.rejects, liveName: (table) => prefix + table, ...options });
  return live;
}

const spooled = (limit = 1 << 30) => ({ spool: { folder: join(fixture.folder.path, 'spool'), limit } });
const hang = ({ operation }: { operation: string }) => (isWrite(operation) ? ({ kind: 'hang' } as const) : undefined);
const metric = async ({ client }: LiveRun, name: string) =>
  Number(new RegExp(`^mqdyn_replay_${name} (\\S+)$`, 'm').exec((await client().get('/metrics')).body)?.[1]);

describe('L4 rejects', () => {
  it('L4 a reject file that cannot be written is known before anything listens', async () => {
    fixture = await ReplayFixture.open(engine, []);
    mkdirSync(join(fixture.folder.path, 'taken'));
    for (const rejects of [join(fixture.folder.path, 'nowhere/x.jsonl'), join(fixture.folder.path, 'taken')]) {
      const { code, stderr } = await runCommand(Replay, ['--listen', '127.0.0.1:0', '--rejects', rejects, ...fixture.target]);
      expect([rejects, code, stderr]).toEqual([
        rejects,
        expect.toBeOneOf([8, 11]) as number,
        expect.not.stringContaining('listening'),
      ]);
    }
  });

  it('L4 a reject that cannot be kept now is 503, never 5xx for good, and the listener lives on', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const run = await listen();
    const { ledger } = run.live['windows'];
    const full = new MqdynError('E_OUTPUT', 'cannot write reject file (ENOSPC)');
    const keep = vi.spyOn(ledger, 'keep').mockRejectedValue(full);
    expect((await run.client().post('garbage')).status).toBe(503);
    expect(await run.client().get('/health')).toMatchObject({ status: 503, body: expect.stringContaining('E_OUTPUT') as string });
    keep.mockRestore();
    expect((await run.client().post('garbage')).status).toBe(400);
    expect([await metric(run, 'rejected_total'), fixture.recording.rejected().length]).toEqual([1, 1]);
  });

  it('L4 what is refused is not counted and not kept: it comes again', async () => {
    fixture = await ReplayFixture.open(engine, [], { plan: hang });
    const run = await listen({ patienceMs: 100 });
    const mixed = JSON.stringify([publish(1), { a: 1 }, { event: 'message.delivered', clientid: 'c' }]);
    for (let time = 0; time < 3; time += 1) expect((await run.client().post(mixed)).status).toBe(503);
    expect([await metric(run, 'skipped_total'), await metric(run, 'rejected_total')]).toEqual([0, 0]);
    expect(existsSync(fixture.recording.rejects) && readFileSync(fixture.recording.rejects, 'utf8')).toBe('');
  });

  it('L4 no more than --max-rejects are kept, wherever they are rejected', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const run = await listen({ ...spooled(), maxRejects: 2 });
    const topic = 'x'.repeat(3_000);
    for (let index = 0; index < 6; index += 1) await run.client().post(JSON.stringify(publish(index, { topic })));
    while ((await metric(run, 'rejected_total')) < 6) await delay(20);
    expect(fixture.recording.rejected()).toHaveLength(2);
    expect(run.notices.filter((sentence) => sentence.includes('--max-rejects'))).toHaveLength(1);
  });
});

describe('events of several connections', () => {
  it('an ack that comes before its publish leaves nothing that waits, as in their own order', async () => {
    const message = publish(1);
    const ack = { event: 'message.acked', clientid: 'reader', topic: message['topic'], id: message['id'] };
    fixture = await ReplayFixture.open(engine, []);
    const run = await listen(spooled());
    expect((await run.client().post(JSON.stringify(ack))).status).toBe(200);
    while ((await metric(run, 'read_total')) < 1) await delay(20);
    expect((await run.client().post(JSON.stringify(message))).status).toBe(200);
    while ((await metric(run, 'read_total')) < 2) await delay(20);
    await fixture.expectEqual([message, ack] as never);
    expect(await metric(run, 'late_total')).toBe(1);
  });
});

describe('L5 bounds', () => {
  it('L5 a few thousand requests wait at a time, and others are 503 at once', async () => {
    fixture = await ReplayFixture.open(engine, [], { plan: hang });
    const run = await listen({ patienceMs: 60_000, flushMs: 100 });
    const body = JSON.stringify(publish(1));
    const request = `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    const sockets = await Promise.all(Array.from({ length: 8 }, () => run.client().open()));
    let busy = '';
    for (const socket of sockets) {
      socket!.on('data', (part: Buffer) => (busy += part.toString('latin1')));
      socket!.write(request.repeat(900));
    }
    // the answers of a connection come in order, behind that of its first request
    while ((await metric(run, 'waiting_events')) < 4_000) await delay(20);
    await delay(300);
    expect(await metric(run, 'waiting_events')).toBeLessThanOrEqual(4_096);
    for (const socket of sockets) socket!.resetAndDestroy();
    expect(new Set(busy.match(/^HTTP.*$/gm))).toEqual(new Set(['HTTP/1.1 503 Service Unavailable']));
  });

  it('L5 a request to another host name is no request to loopback', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const { client } = await listen();
    const get = (host: string) => client().send(`GET /metrics HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    expect((await get('evil.example')).status).toBe(421);
    expect((await get('127.0.0.1.evil.example:80')).status).toBe(421);
    for (const host of ['localhost', 'LOCALHOST:8333', '127.0.0.1:1', '[::1]:8333']) expect((await get(host)).status).toBe(200);
  });
});

describe('L6 a stop', () => {
  it.each([[false], [true]])('L6 answers a request whose body is still arriving (spool: %s)', async (spool) => {
    fixture = await ReplayFixture.open(engine, []);
    const run = await listen(spool ? spooled() : {});
    const body = JSON.stringify(publish(1));
    const socket = await run.client().open();
    const head = `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    let answer = '';
    socket!.on('data', (part: Buffer) => (answer += part.toString('latin1')));
    socket!.write(head + body.slice(0, 40));
    await delay(100);
    const stopped = run.stop();
    await delay(100);
    socket!.write(body.slice(40));
    await stopped;
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    await fixture.expectEqual([publish(1)]);
  });

  it('L6 does not wait for a connection that has sent nothing', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const run = await listen({ flushMs: 20_000 });
    await run.client().open();
    await delay(50);
    expect(await Promise.race([run.stop().then(() => 'ended'), delay(10_000, 'waits')])).toBe('ended');
  });
});

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import Replay from '../../src/commands/replay.ts';
import type { LiveOptions } from '../../src/app/live/options.ts';
import { start } from '../harness/built.ts';
import { isWrite } from '../harness/fault-proxy.ts';
import { startLive, type LiveRun } from '../harness/live-run.ts';
import { LONG } from '../harness/long.ts';
import { memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { RawClient } from '../harness/raw-client.ts';
import { publish, ReplayFixture, usualLog } from '../harness/replay-fixture.ts';
import { runCommand } from '../harness/run-command.ts';

const TOKEN = 'correct-horse-battery-staple';

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

const body = (index: number, members = {}) => JSON.stringify(publish(index, members));
const spoolFolder = () => join(fixture.folder.path, 'spool');
const spooled = (limit = 1 << 30) => ({ spool: { folder: spoolFolder(), limit } });
const throttle = { kind: 'error', name: 'ProvisionedThroughputExceededException' } as const;

/** Says where the built program listens. */
async function urlOf(stderr: () => string): Promise<string> {
  for (let tries = 0; tries < 400; tries += 1) {
    const [, url] = /listening on (http:\S+)/.exec(stderr()) ?? [];
    if (url !== undefined) return url;
    await delay(25);
  }
  throw new Error(`it never listened: ${stderr()}`);
}

describe('L1 where a listener listens', () => {
  it('L1 loopback unless told, and nowhere else without a token', async () => {
    fixture = await ReplayFixture.open(engine, []);
    for (const address of ['0.0.0.0:0', '192.0.2.7:8333', '[::]:0', 'broker.example:8333']) {
      const { code, stderr } = await runCommand(Replay, ['--listen', address, ...fixture.target]);
      expect([code, stderr]).toEqual([11, expect.stringContaining('E_LISTEN_UNSAFE')]);
    }
    expect(fixture.proxy.history).toEqual([]);
  });

  it('L1 a token that others can read, or that is too short, is refused', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const file = join(fixture.folder.path, 'token');
    for (const [content, mode] of [
      [TOKEN, 0o644],
      ['short', 0o600],
    ] as const) {
      writeFileSync(file, content, { mode });
      const { code, stderr } = await runCommand(Replay, ['--listen', '0.0.0.0:0', '--token-file', file, ...fixture.target]);
      expect([code, stderr]).toEqual([11, expect.stringContaining('E_TOKEN')]);
      rmSync(file);
    }
  });
});

describe('L2 a token', () => {
  it('L2 missing or wrong, of any length, is 401, always the same, and nothing of the request is looked at', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const { url } = await listen({ token: TOKEN });
    const answers = new Set<string>();
    for (const authorization of [undefined, 'Bearer ', `Bearer ${TOKEN}x`, `Bearer ${'x'.repeat(5_000)}`, `Basic ${TOKEN}`]) {
      const client = new RawClient(url, authorization === undefined ? {} : { authorization });
      for (const answer of [await client.post(body(1)), await client.post('not JSON'), await client.get('/metrics')]) {
        answers.add(`${answer.status} ${answer.headers['www-authenticate']} ${answer.body}`);
      }
    }
    expect([...answers]).toEqual(['401 Bearer {"error":"unauthorized"}\n']);
    expect([await fixture.rows(), readFileSync(fixture.recording.rejects, 'utf8')]).toEqual([[], '']);
    const right = new RawClient(url, { authorization: `Bearer ${TOKEN}` });
    expect((await right.post(body(1))).status).toBe(200);
    expect((await right.get('/metrics')).body).toContain('mqdyn_replay_applied_total 1\n');
    expect(await new RawClient(url).get('/health')).toMatchObject({ status: 200, body: '{"status":"ok"}\n' });
  });
});

describe('L3 requests without bounds', () => {
  it('L3 a body that is too long, compressed or of another type is refused, and others are served', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const { client } = await listen();
    const head = (headers: string) => `POST / HTTP/1.1\r\nhost: localhost\r\n${headers}\r\n`;
    const json = 'content-type: application/json\r\n';
    const large = 'x'.repeat((1 << 20) + 1);
    expect((await client().send(head(`${json}content-length: 1073741824\r\n`))).status).toBe(413);
    const chunked = `${head(`${json}transfer-encoding: chunked\r\n`)}${large.length.toString(16)}\r\n${large}\r\n`;
    expect((await client().send(chunked)).status).toBe(413);
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    expect((await client({ 'content-encoding': 'gzip' }).post(bomb)).status).toBe(413);
    expect((await client().send(head('content-type: text/plain\r\ncontent-length: 0\r\n'))).status).toBe(415);
    expect((await client().send(head('content-type: application/json; charset=utf-8\r\ncontent-length: 0\r\n'))).status).toBe(
      400,
    );
    expect((await client().send('PUT / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n')).status).toBe(405);
    expect((await client().get('/admin')).status).toBe(404);
    expect((await client().send('nonsense\r\n\r\n')).status).toBe(400);
    expect((await client().post(body(1))).status).toBe(200);
    // exactly as long as a body may be
    const payload = 'x'.repeat((1 << 20) - Buffer.byteLength(body(2, { payload: '' })));
    expect((await client().post(body(2, { payload }))).status).toBe(400);
    expect(fixture.recording.rejected().at(-1)).toMatchObject({ reason: 'item_too_large' });
  });

  it('L3 idle and slow connections are cut at their limits, those beyond the cap at once, and a client that is there is served', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const { url, client } = await listen();
    const healthy = client();
    expect((await healthy.post(body(0))).status).toBe(200);
    const before = process.memoryUsage().rss;
    const idle: (Socket | undefined)[] = [];
    // in turns: more at a time than wait for a server to accept them are lost on the way
    for (let turn = 0; turn < 20; turn += 1) {
      const some = Array.from({ length: 100 }, async () => (await new RawClient(url).open())?.resume());
      idle.push(...(await Promise.all(some)));
    }
    const open = () => idle.filter((socket) => socket !== undefined && !socket.destroyed);
    for (let tries = 0; tries < 100 && open().length > 255; tries += 1) await delay(50);
    const left = open();
    expect(left.length).toBeLessThanOrEqual(255);
    expect((await healthy.post(body(1))).status).toBe(200);
    const started = performance.now();
    const cut = left.map((socket) => new Promise((resolve) => socket!.once('close', resolve)));
    await Promise.all(cut);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect((await healthy.post(body(2))).status).toBe(200);
    const slow = await new RawClient(url).send('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-');
    expect(slow.status).toBe(408);
    expect((process.memoryUsage().rss - before) / (1 << 20)).toBeLessThan(200);
  });

  it.runIf(LONG)('L3 a body that does not come is cut after half a minute', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const { client } = await listen();
    const head = 'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"event"';
    expect((await client().send(head)).status).toBe(408);
  });
});

describe('L4 what is no event', () => {
  it('L4 is 400 and a reject, never 5xx; an array with some events is 200', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const { client } = await listen();
    const posts: [string, number, object][] = [
      ['', 400, { read: 1, rejected: 1 }],
      ['{"event":', 400, { read: 1, rejected: 1 }],
      ['[]', 400, { read: 1, rejected: 1 }],
      ['{"event":"client.danced"}', 400, { read: 1, rejected: 1, reason: 'unknown_event' }],
      ['[{"a":1},{"b":2}]', 400, { read: 2, rejected: 2 }],
      [`[${body(1)},{"a":1},${body(2)}]`, 200, { read: 3, rejected: 1 }],
      [body(3, { topic: '' }), 400, { read: 1, rejected: 1 }],
      ['\xff\xfe{}', 400, { read: 1, rejected: 1 }],
    ];
    for (const [content, status, counts] of posts) {
      const answer = await client().post(Buffer.from(content, 'latin1'));
      expect([content, answer.status, JSON.parse(answer.body)]).toEqual([content, status, expect.objectContaining(counts)]);
    }
    expect(fixture.recording.rejected()).toHaveLength(9);
    await fixture.expectEqual([publish(1), publish(2)]);
    await live!.stop();
    expect(live!.notices.at(-2)).toBe('stopped; read 11 = applied 2 + superseded 0 + skipped 0 + rejected 9');
  });

  it('L4 the reject file is bounded by --max-rejects, and the answers stay the same', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const { client, notices } = await listen({ maxRejects: 3 });
    for (let index = 0; index < 5; index += 1) expect((await client().post('x')).status).toBe(400);
    expect(fixture.recording.rejected()).toHaveLength(3);
    expect(notices).toEqual([
      'the reject file is full (3 records or 64.0 MB, see --max-rejects): further rejects are counted and not kept',
    ]);
  });
});

describe('L5 an endpoint that is down', () => {
  it('L5 without a spool is 503 with Retry-After, and 2xx again when it is back; what was 2xx is in the tables', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const { client } = await listen({ patienceMs: 2_000 });
    expect((await client().post(body(0))).status).toBe(200);
    fixture.proxy.plan = ({ operation }) => (isWrite(operation) ? throttle : undefined);
    const first = await client().post(body(1));
    expect([first.status, first.headers['retry-after']]).toEqual([503, '5']);
    const started = performance.now();
    expect((await client().post(body(2))).status).toBe(503);
    expect(performance.now() - started).toBeLessThan(1_500);
    expect((await client().get('/health')).status).toBe(503);
    fixture.proxy.plan = () => undefined;
    while ((await client().post(body(3))).status !== 200) await delay(50);
    expect((await client().get('/health')).status).toBe(200);
    // the one that was on its way came through, the one that was refused at once did not
    await fixture.expectEqual([publish(0), publish(1), publish(3)]);
  });

  it('L5 with a spool is 2xx until the spool is full, then 503; everything that was 2xx is in the tables in the end', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const { client } = await listen(spooled(20_000));
    await fixture.proxy.down();
    const accepted: number[] = [];
    let refused = 0;
    for (let index = 0; refused < 3; index += 1) {
      const { status, headers } = await client().post(body(index));
      if (status === 200) accepted.push(index);
      else expect([(refused += 1), status, headers['retry-after']]).toEqual([refused, 503, '5']);
    }
    expect(accepted.length).toBeGreaterThan(30);
    const bytes = readdirSync(spoolFolder()).filter((name) => name.endsWith('.spool'));
    expect(bytes.reduce((sum, name) => sum + readFileSync(join(spoolFolder(), name)).length, 0)).toBeLessThanOrEqual(20_000);
    const metrics = await client().get('/metrics');
    expect(metrics.body).toMatch(/mqdyn_replay_spool_bytes [1-9]\d{4}\n/);
    expect(metrics.body).toMatch(/mqdyn_replay_oldest_unsent_seconds \d/);
    await fixture.proxy.up();
    while (!/waiting_events 0\n/.test((await client().get('/metrics')).body)) await delay(50);
    await fixture.expectEqual(accepted.map((index) => publish(index)));
    expect((await client().post(body(9_000))).status).toBe(200);
  });

  it('L5 down from the beginning: exit 5 without a spool, 2xx with one', async () => {
    fixture = await ReplayFixture.open(engine, []);
    await fixture.proxy.down();
    const { code, stderr } = await runCommand(Replay, ['--listen', '127.0.0.1:0', ...fixture.target]);
    expect([code, stderr]).toEqual([5, expect.stringContaining('E_ENDPOINT')]);
    const { client, notices } = await listen(spooled());
    expect(notices[0]).toContain('events are spooled until it answers');
    expect((await client().post(body(1))).status).toBe(200);
    await fixture.proxy.up();
    while (!/waiting_events 0\n/.test((await client().get('/metrics')).body)) await delay(50);
    await fixture.expectEqual([publish(1)]);
  });
});

describe('L6 SIGTERM', () => {
  it.each([[[]], [['--spool']]])(
    'L6 with requests in flight: no acknowledged event is lost, exit 143 (%j)',
    async (flags: string[]) => {
      const log = usualLog(400);
      fixture = await ReplayFixture.open(engine, log, {
        plan: ({ operation }) => (isWrite(operation) ? { kind: 'slow', ms: 20 } : undefined),
      });
      const spool = flags.length === 0 ? [] : ['--spool', spoolFolder()];
      const args = ['replay', '--listen', '127.0.0.1:0', '--rejects', fixture.recording.rejects, ...spool, ...fixture.target];
      const { child, ended, stderr } = start(args);
      const client = new RawClient(await urlOf(stderr));
      const acknowledged: typeof log = [];
      const posting = (async () => {
        for (const event of log) {
          const { status } = await client.post(JSON.stringify(event));
          if (status !== 200) return;
          acknowledged.push(event);
          if (acknowledged.length === 60) child.kill('SIGTERM');
        }
      })();
      const { signal } = await ended;
      await posting;
      expect(signal).toBe('SIGTERM');
      expect(acknowledged.length).toBeGreaterThanOrEqual(60);
      expect(acknowledged.length).toBeLessThan(400);
      await fixture.expectEqual(acknowledged);
      expect(stderr()).toContain(`stopped; read ${acknowledged.length} = applied`);
      if (spool.length > 0) expect(readdirSync(spoolFolder())).toEqual([]);
    },
  );

  it('L6 with an endpoint that hangs: ended within ten seconds and a little, the rest is in the spool and goes on from there', async () => {
    fixture = await ReplayFixture.open(engine, [], {
      plan: ({ operation }) => (isWrite(operation) ? { kind: 'hang' } : undefined),
    });
    const first = await listen({ ...spooled(), flushMs: 300, lateMs: 50 });
    expect((await first.client().post(body(1))).status).toBe(200);
    await delay(100);
    await first.stop();
    expect(first.notices.at(-1)).toMatch(/^stopped; read 1 = .* \+ unsettled 1; the rest is in the spool /);
    fixture.proxy.reset();
    const second = await listen({ ...spooled(), lateMs: 50 });
    expect(second.notices[0]).toMatch(/^going on with .* of events in the spool /);
    while (!/read_total 1\n/.test((await second.client().get('/metrics')).body)) await delay(20);
    await fixture.expectEqual([publish(1)]);
  });
});

describe('L7 an address that cannot be had', () => {
  it('L7 a port in use is exit 8, and the spool stays as it was', async () => {
    fixture = await ReplayFixture.open(engine, []);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const args = ['--listen', String(port), '--spool', spoolFolder(), ...fixture.target];
    const { code, stderr } = await runCommand(Replay, args);
    expect([code, stderr]).toEqual([
      8,
      expect.stringContaining(`E_LISTEN: cannot listen on http://127.0.0.1:${port} (EADDRINUSE)`),
    ]);
    expect(readdirSync(spoolFolder())).toEqual([]);
    other.close();
  });
});

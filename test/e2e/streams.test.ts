import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedEngine, type EmbeddedEngine } from '../../src/dynamo/embedded-engine.ts';
import { countingProxy, listen } from '../harness/loopback.ts';
import { ended, makeUser, runBin, startBin, type User } from '../harness/run-bin.ts';

const user = makeUser();
afterAll(() => user.remove());

const publish = (id: number, payload: string) =>
  JSON.stringify({
    event: 'message.publish',
    id: `00061789293F818B6E0B00001A2B${id.toString(16).padStart(4, '0').toUpperCase()}`,
    topic: `plant/${id % 7}`,
    qos: 1,
    payload,
    publish_received_at: 1714727730250,
  });

describe('a large table', () => {
  let engine: EmbeddedEngine;
  beforeAll(async () => {
    const folder = join(user.folder, 'large');
    mkdirSync(folder);
    engine = await startEmbeddedEngine(folder);
    const target = ['--endpoint-url', engine.endpoint];
    expect((await runBin(user, ['tables', 'create', ...target])).code).toBe(0);
    const lines = Array.from({ length: 600 }, (_, id) => publish(id, `${id} `.padEnd(10_000, '.')));
    expect((await runBin(user, ['replay', '-', ...target], { stdin: `${lines.join('\n')}\n` })).code).toBe(0);
  });
  afterAll(() => engine.close());

  it.each(['jsonl', 'json', 'csv', 'ddb-json'])('is read no further than one page behind `| head -1` (%s)', async (format) => {
    const proxy = await countingProxy(engine.endpoint);
    const scan = `mqdyn scan mqtt_msg --endpoint-url ${proxy.endpoint} --format ${format}`;
    const cut = await runBin(user, `${scan} | head -1 > /dev/null; exit \${PIPESTATUS[0]}`);
    expect([cut.code, cut.signal, cut.stderr]).toEqual([0, null, '']);
    expect(proxy.calls.get('Scan')).toBeLessThanOrEqual(2);

    // the same read without a reader that goes away takes every page
    proxy.calls.clear();
    const whole = await runBin(user, `${scan} | wc -l`);
    expect(whole.code).toBe(0);
    expect(proxy.calls.get('Scan')).toBeGreaterThan(5);
    await proxy.close();
  });

  it.each(['jsonl', 'json', 'csv', 'ddb-json', 'table'])('is written to a full disk: 8 (%s)', async (format) => {
    const scan = `mqdyn scan mqtt_msg --endpoint-url ${engine.endpoint} --format ${format} > /dev/full`;
    const { code, stderr } = await runBin(user, scan);
    expect(code).toBe(8);
    expect(stderr).toMatch(/E_OUTPUT.*cannot write the output \(ENOSPC\)/);
  });
});

describe('small output on a full disk', () => {
  it.each(['mqdyn msg --decode MA', 'mqdyn tables create --dry-run', 'mqdyn tables describe mqtt_msg --schema'])(
    '%s: 8',
    async (line) => {
      await runBin(user, ['tables', 'create']);
      const { code, stderr } = await runBin(user, `${line} > /dev/full`);
      expect(code).toBe(8);
      expect(stderr).toContain('E_OUTPUT');
    },
  );
});

describe.concurrent('a signal', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends a read at once and as that signal', async (signal) => {
    let asked: () => void;
    const waiting = new Promise<void>((resolve) => (asked = resolve));
    const silent = await listen(() => asked());
    const child = startBin(user, ['scan', 'mqtt_msg', '--endpoint-url', silent.endpoint]);
    const end = ended(child);
    await waiting;
    const started = performance.now();
    child.kill(signal);
    expect(await end).toMatchObject({ code: null, signal, stdout: '' });
    expect(performance.now() - started).toBeLessThan(3_000);
    await silent.close();
  });
});

// most of the time these tests wait, each for a data folder of its own
describe.concurrent('the data folder of the embedded engine', () => {
  const users: User[] = [];
  afterAll(() => users.forEach((one) => one.remove()));

  /** A replay that has the folder open and waits for more input. */
  async function holder() {
    const own = makeUser();
    users.push(own);
    expect((await runBin(own, ['tables', 'create'])).code).toBe(0);
    const child = startBin(own, ['replay', '-'], { keepStdin: true });
    const end = ended(child);
    while (!existsSync(join(own.data, 'dynamodb.lock'))) await delay(10);
    child.stdin.write(`${publish(1, 'x')}\n`);
    return { own, child, end };
  }

  it('stays usable after SIGINT in the middle of a replay', async () => {
    const { own, child, end } = await holder();
    child.kill('SIGINT');
    expect(await end).toMatchObject({ code: null, signal: 'SIGINT' });
    const { code, stderr } = await runBin(own, ['tables', 'list']);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('taking over') as string]);
  });

  it('stays usable after SIGKILL: the lock is taken over and said so', async () => {
    const { own, child, end } = await holder();
    child.kill('SIGKILL');
    await end;
    const { code, stderr } = await runBin(own, ['tables', 'list']);
    expect(code).toBe(0);
    expect(stderr).toContain(`taking over the lock of pid ${child.pid}, which is gone`);
  });

  it('is waited for while another command has it', async () => {
    const { own, child, end } = await holder();
    const second = runBin(own, ['scan', 'mqtt_msg', '--count']);
    await delay(1_000);
    child.stdin.end();
    expect((await end).code).toBe(0);
    expect((await second).code).toBe(0);
  });

  it('is refused with 11 and the name of the holder after five seconds', async () => {
    const { own, child, end } = await holder();
    const { code, stderr, ms } = await runBin(own, ['tables', 'list']);
    expect(code).toBe(11);
    expect(stderr).toMatch(
      new RegExp(`E_LOCKED: the data folder ${own.data} is in use by pid ${child.pid} on \\S+ since \\S+ \\(replay\\)`),
    );
    expect(ms).toBeGreaterThan(4_500);
    child.stdin.end();
    expect((await end).code).toBe(0);
  });
});

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dynamo } from '../../src/dynamo/client.ts';
import { freePort } from '../harness/free-port.ts';
import { connectTo, createTables, memoryEngine, scanAll, type MemoryEngine } from '../harness/memory-engine.ts';
import { ended, makeUser, startBin, type User } from '../harness/run-bin.ts';

/** Debian keeps the broker where only root looks. */
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
const there = ['mosquitto', 'mosquitto_sub', 'mosquitto_pub'].every(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: { PATH } }).status === 0,
);
if (!there) console.log('mosquitto is not installed: the live pipe is not tested with it');

let engine: MemoryEngine;
let dynamo: Dynamo;
let user: User;
let broker: ChildProcess;
let port: number;

describe.runIf(there)('mosquitto_sub | mqdyn replay -', () => {
  beforeAll(async () => {
    engine = await memoryEngine();
    dynamo = connectTo(engine.endpoint);
    await createTables(dynamo);
    user = makeUser();
    port = await freePort();
    broker = spawn('mosquitto', ['-p', String(port)], { env: { PATH }, stdio: 'ignore' });
    while (!(await publish('start', 'x'))) await delay(50);
  });
  afterAll(async () => {
    broker?.kill();
    user?.remove();
    dynamo?.close();
    await engine?.stop();
  });

  async function publish(topic: string, payload: string): Promise<boolean> {
    const child = spawn('mosquitto_pub', ['-p', String(port), '-q', '1', '-t', topic, '-m', payload], {
      env: { PATH },
      stdio: 'ignore',
    });
    return new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
  }

  async function isStored(payload: string): Promise<boolean> {
    const items = await scanAll(dynamo, 'mqtt_msg');
    return items.some((item) => (item['payload'] as { S: string }).S === payload);
  }

  it('a trickle of one message a second is in the tables within two seconds each', async () => {
    const args = ['-p', String(port), '-t', 'plant/#', '-q', '1', '-F', '%j'];
    const recorder = spawn('mosquitto_sub', args, { env: { PATH }, stdio: ['ignore', 'pipe', 'ignore'] });
    const target = ['--endpoint-url', engine.endpoint, '--region', 'local'];
    const child = startBin(user, ['replay', '-', ...target], { keepStdin: true });
    const end = ended(child);
    recorder.stdout.pipe(child.stdin);
    let stderr = '';
    child.stderr.on('data', (part: Buffer) => (stderr += part.toString()));
    // the first one may come before the subscription
    for (let tries = 0; tries < 40 && !(await isStored('first')); tries += 1) {
      await publish('plant/first', 'first');
      await delay(500);
    }
    expect([await isStored('first'), stderr]).toEqual([true, stderr]);
    const waits: number[] = [];
    for (let index = 0; index < 6; index += 1) {
      const sent = performance.now();
      expect(await publish('plant/a', `message ${index}`)).toBe(true);
      while (!(await isStored(`message ${index}`))) {
        expect([performance.now() - sent < 20_000, stderr]).toEqual([true, stderr]);
        await delay(50);
      }
      waits.push(performance.now() - sent);
      await delay(Math.max(0, 1_000 - (performance.now() - sent)));
    }
    console.log(`mosquitto_sub | mqdyn replay -: stored after ${waits.map((wait) => wait.toFixed(0)).join(', ')} ms`);
    // a machine that is busy with other tests may keep one of them waiting
    expect(waits.filter((wait) => wait < 2_000).length, waits.join()).toBeGreaterThanOrEqual(4);
    recorder.kill();
    expect((await end).code).toBe(0);
  });
});

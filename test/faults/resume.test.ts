import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findInput } from '../../src/files/input.ts';
import { isWrite } from '../harness/fault-proxy.ts';
import { memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { asLines } from '../harness/replay-run.ts';
import { ack, publish, Scene, usualLog } from '../harness/scene.ts';

const LOG = usualLog(200);

let engine: MemoryEngine;
let scene: Scene;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(async () => {
  vi.restoreAllMocks();
  await scene?.close();
});

/** A scene whose recording goes on in a second file. */
async function twoFiles(first: string, second: string) {
  scene = await Scene.open(engine, first);
  const other = join(scene.folder.path, 'second.jsonl');
  writeFileSync(other, second);
  const inputs = async () => [await findInput(scene.recording.file), await findInput(other)];
  return { other, replay: async (options = {}) => scene.replay({ inputs: await inputs(), ...options }) };
}

describe('a checkpoint', () => {
  const [first, second] = [LOG.slice(0, 90), LOG.slice(90)];

  it('does not pass a record of the first file that is still being written (fault 1)', async () => {
    const text = asLines(first);
    const { replay } = await twoFiles(text.slice(0, -20), asLines(second));
    const { code, error } = await replay();
    expect([code, error?.code]).toEqual([3, 'E_TAIL']);
    expect(scene.recording.saved()).toMatchObject({ position: { input: 0, number: 90 }, done: false });
    appendFileSync(scene.recording.file, text.slice(-20));
    const again = await replay({ resume: true });
    expect([again.code, again.result?.read]).toEqual([0, LOG.length]);
    await scene.expectEqual(LOG);
  });

  it('goes back to a file that has grown since it was read (fault 1)', async () => {
    const { replay } = await twoFiles(asLines(first.slice(0, -3)), asLines(second));
    expect((await replay()).code).toBe(0);
    appendFileSync(scene.recording.file, asLines(first.slice(-3)));
    const again = await replay({ resume: true });
    expect([again.code, again.result?.read]).toEqual([0, LOG.length]);
    expect(again.notices.join()).toContain(`${scene.recording.file} has grown since it was read; resuming at byte`);
    await scene.expectEqual(LOG);
  });

  it('of an unfinished run of another input is refused by name, and stays (fault 5)', async () => {
    scene = await Scene.open(engine, asLines(LOG));
    await scene.stopAfterSomeWrites();
    const before = readFileSync(scene.recording.checkpoint, 'utf8');
    mkdirSync(join(scene.folder.path, 'tuesday'));
    const other = join(scene.folder.path, 'tuesday', 'log.jsonl');
    writeFileSync(other, asLines([publish(1)]));
    const { code, error } = await scene.replay({ inputs: [await findInput(other)] });
    expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
    expect(error?.message).toContain(`belongs to an unfinished replay of ${scene.recording.file}`);
    expect(readFileSync(scene.recording.checkpoint, 'utf8')).toBe(before);
    expect((await scene.replay({ inputs: [await findInput(other)], restart: true })).code).toBe(0);
  });

  it('leaves the rejects of another input where they are (fault 5)', async () => {
    scene = await Scene.open(
      engine,
      '{"event":"client.danced"}\n{"event":"client.connected","clientid":"c","timestamp":1714727730000}\n',
    );
    expect((await scene.replay()).code).toBe(3);
    const before = readFileSync(scene.recording.rejects, 'utf8');
    const other = join(scene.folder.path, 'other.jsonl');
    writeFileSync(other, asLines([publish(1)]));
    const { code, error } = await scene.replay({ inputs: [await findInput(other)] });
    expect([code, error?.code]).toEqual([11, 'E_MISMATCH']);
    expect(error?.message).toContain(`holds rejects of ${scene.recording.file}`);
    expect(readFileSync(scene.recording.rejects, 'utf8')).toBe(before);
  });

  it('of an unfinished run is offered, and not replaced without a word (fault 32)', async () => {
    scene = await Scene.open(engine, asLines(LOG));
    await scene.stopAfterSomeWrites();
    const { code, error } = await scene.replay();
    expect([code, error?.code, error?.hint]).toEqual([
      11,
      'E_UNFINISHED',
      'Continue with --resume, or start over with --restart.',
    ]);
    expect(scene.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    expect((await scene.resume()).code).toBe(0);
    await scene.expectEqual(LOG);
  });

  it('of a finished run says that it is done, and --resume writes nothing again (fault 32)', async () => {
    scene = await Scene.open(engine, asLines(LOG));
    expect((await scene.replay()).code).toBe(0);
    scene.proxy.reset();
    const { code, result, notices } = await scene.resume();
    expect([code, result?.read]).toEqual([0, LOG.length]);
    expect(notices[0]).toContain(`${scene.recording.file} was already replayed to its end; resuming at`);
    expect(scene.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
  });
});

describe('every member of a checkpoint', () => {
  /** Every text that differs from a value in one place. */
  function* altered(value: unknown): Generator {
    if (typeof value === 'number') yield* [value + 1, -1, null];
    else if (typeof value === 'string') yield* [`${value}x`, '', 7];
    else if (typeof value === 'boolean') yield !value;
    else if (value === null) yield 'x';
    else {
      for (const [name, member] of Object.entries(value as object)) {
        const copy = () => structuredClone(value) as Record<string, unknown>;
        for (const other of altered(member)) yield Object.assign(copy(), { [name]: other });
        const without = copy();
        delete without[name];
        yield Array.isArray(value) ? value.filter((_, index) => String(index) !== name) : without;
      }
    }
  }

  it('altered: refused, or what it was (fault 15)', async () => {
    scene = await Scene.open(engine, `{"event":"client.danced"}\n${asLines(LOG)}`);
    await scene.stopAfterSomeWrites();
    const { checkpoint } = scene.recording;
    const text = readFileSync(checkpoint, 'utf8');
    let refused = 0;
    for (const other of altered(JSON.parse(text))) {
      writeFileSync(checkpoint, JSON.stringify(other));
      const { error } = await scene.replay({ resume: true });
      // without its first member it is no checkpoint at all
      const is = 'checkpoint' in (other as object) ? 'E_CHECKPOINT' : 'E_USAGE';
      expect([JSON.stringify(other), error?.code]).toEqual([JSON.stringify(other), is]);
      refused += 1;
    }
    for (let at = 0; at < text.length - 1; at += 7) {
      writeFileSync(checkpoint, text.slice(0, at));
      // an empty one has only been claimed
      if (at > 0) expect((await scene.replay({ resume: true })).error?.code).toBe('E_CHECKPOINT');
    }
    expect(refused).toBeGreaterThan(150);
    expect(scene.proxy.history.filter(({ operation }) => isWrite(operation))).toEqual([]);
    // what only differs in blanks is the same checkpoint
    writeFileSync(checkpoint, text.replaceAll('":{', '": {'));
    const { code } = await scene.replay({ resume: true });
    expect(code).toBe(3);
    await scene.expectEqual(LOG);
    console.log(`checkpoint: ${refused} alterations of a member, all refused`);
  });
});

describe('a run', () => {
  it('is not ended by a clock that jumps (fault 8)', async () => {
    scene = await Scene.open(engine, LOG);
    let ahead = 0;
    const now = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
    scene.proxy.plan = ({ operation, index }) => {
      // a laptop that slept for a day, and its first call fails
      if (isWrite(operation)) ahead += 86_400_000;
      return isWrite(operation) && index % 3 === 0 ? { kind: 'reset-before' } : undefined;
    };
    expect((await scene.replay({ retryForMs: 2_000 })).code).toBe(0);
    await scene.expectDone();
  });

  it('stops within seconds while it waits to compare topics, the endpoint gone (fault 6)', async () => {
    const stop = new AbortController();
    const topic = 't';
    const log = [publish(1, { topic }), publish(2, { topic }), ack(1, { topic })];
    let updates = 0;
    scene = await Scene.open(engine, log, {
      requestTimeoutMs: 500,
      plan: ({ operation }) => {
        if (operation === 'GetItem') return { kind: 'reset-before' };
        return operation === 'UpdateItem' && (updates += 1) === 1 ? { kind: 'reset-after' } : undefined;
      },
    });
    scene.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && operation === 'GetItem') stop.abort(new Error('stopped'));
    };
    const started = performance.now();
    await expect(scene.replay({ retryForMs: 60_000, signal: stop.signal })).rejects.toThrow('stopped');
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('that met one call without a clear reply forgets its keys within seconds (fault 33)', async () => {
    const log = Array.from({ length: 400 }, (_, index) => (index % 2 ? ack(index - 1) : publish(index)));
    let failed = false;
    scene = await Scene.open(engine, log, {
      plan: ({ operation }) => {
        if (failed || operation !== 'UpdateItem') return undefined;
        failed = true;
        return { kind: 'reset-after' };
      },
    });
    const sizes: number[] = [];
    scene.proxy.watch = () => {
      if (existsSync(scene.recording.checkpoint)) sizes.push(readFileSync(scene.recording.checkpoint).length);
    };
    expect((await scene.replay()).code).toBe(0);
    expect(failed).toBe(true);
    expect(Math.max(...sizes)).toBeLessThan(5_000);
    // compared once, not at the end of the run
    expect(scene.proxy.calls['GetItem']).toBe(1);
    const compared = scene.proxy.history.findIndex(({ operation }) => operation === 'GetItem');
    expect(scene.proxy.history.slice(compared).filter(({ operation }) => isWrite(operation)).length).toBeGreaterThan(20);
    await scene.expectDone();
  });

  it('that is stopped says what it has read and not settled (fault 32)', async () => {
    scene = await Scene.open(engine, LOG);
    const stop = new AbortController();
    scene.proxy.watch = (point, { operation }) => {
      if (point === 'arrived' && isWrite(operation)) stop.abort(new Error('stopped'));
    };
    const notices: string[] = [];
    const notice = (sentence: string) => notices.push(sentence);
    await expect(scene.replay({ signal: stop.signal, window: { events: 1_000, bytes: 1 << 20 }, notice })).rejects.toThrow(
      'stopped',
    );
    expect(notices.join()).toMatch(/read 200 = applied 0 \+ superseded 0 \+ skipped 0 \+ rejected 0 \+ unsettled 200/);
  });
});

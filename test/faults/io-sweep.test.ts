import { readdirSync } from 'node:fs';
import type * as fileSystem from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryEngine, type MemoryEngine } from '../harness/memory-engine.ts';
import { asLines } from '../harness/replay-run.ts';
import { ReplayFixture, usualLog } from '../harness/replay-fixture.ts';

/** One file operation of the program's own files: the checkpoint, its lock and the reject file. */
type Operation = { name: string; path: string };

const disk = vi.hoisted(() => ({
  operations: [] as { name: string; path: string }[],
  failAt: -1,
  errno: 'EIO',
  short: false,
}));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fileSystem>();
  const own = (path: unknown) => /\.(checkpoint|rejects)/.test(String(path)) || String(path).includes('mqdyn-test-');
  const step = (name: string, path: unknown) => {
    if (!own(path) || String(path).endsWith('.jsonl')) {
      if (!String(path).endsWith('.rejects.jsonl')) return;
    }
    const at = disk.operations.push({ name, path: String(path) }) - 1;
    if (at === disk.failAt) throw Object.assign(new Error(`${disk.errno}: injected`), { code: disk.errno });
  };
  const wrapped: Record<string, unknown> = { ...real };
  for (const name of ['rename', 'rm', 'link', 'writeFile', 'mkdir'] as const) {
    wrapped[name] = async (path: unknown, ...rest: unknown[]) => {
      step(name, path);
      return (real[name] as (...args: unknown[]) => unknown)(path, ...rest);
    };
  }
  wrapped['open'] = async (path: string, ...rest: [string]) => {
    step('open', path);
    const handle: fileSystem.FileHandle = await real.open(path, ...rest);
    for (const name of ['stat', 'chmod', 'read', 'truncate', 'writeFile', 'write', 'sync', 'close'] as const) {
      const run = handle[name].bind(handle) as (...args: unknown[]) => Promise<unknown>;
      Object.assign(handle, {
        [name]: async (...args: unknown[]) => {
          try {
            step(name, path);
          } catch (error) {
            // a close that fails still closes, and a write that fails may have written half
            if (name === 'close') await run();
            if (name === 'write') await run(args[0], args[1], (args[2] as number) >> 1, args[3]);
            throw error;
          }
          return run(...args);
        },
      });
    }
    return handle;
  };
  return wrapped;
});

const ERRNOS = ['ENOSPC', 'EIO', 'EDQUOT', 'EROFS', 'EFBIG'];
const EVENTS = usualLog(200);
const LOG = asLines(
  EVENTS.flatMap((event, index) => (index % 67 === 10 ? [event, { event: 'client.danced', number: index }] : [event])),
);
const BAD = EVENTS.filter((_, index) => index % 67 === 10).length;

let engine: MemoryEngine;
let fixture: ReplayFixture;

beforeAll(async () => {
  engine = await memoryEngine();
});
afterAll(() => engine.stop());
afterEach(() => fixture?.close());

describe('P6 P7 every file operation on the checkpoint, its lock and the reject file fails once, with every errno', () => {
  it('after --resume the tables are equal and every reject is listed once', async () => {
    const window = { events: 120, bytes: 1 << 20 };
    let [runs, failed, ignored] = [0, 0, 0];
    const names = new Map<string, number>();
    // the operations of a whole run, counted first
    disk.failAt = -1;
    disk.operations.length = 0;
    fixture = await ReplayFixture.open(engine, LOG);
    expect((await fixture.replay({ window, preflight: false })).code).toBe(3);
    const total = disk.operations.length;
    await fixture.close();
    expect(total).toBeGreaterThan(30);

    const wanted = Number(process.env['MQDYN_TEST_SWEEP'] ?? 1);
    for (let at = 0; at < total; at += 1) {
      // a different errno at each place; all five with MQDYN_TEST_SWEEP=5
      for (let turn = 0; turn < wanted; turn += 1) {
        const errno = ERRNOS[(at + turn) % ERRNOS.length]!;
        disk.failAt = -1;
        fixture = await ReplayFixture.open(engine, LOG);
        disk.operations.length = 0;
        disk.failAt = at;
        disk.errno = errno;
        const { code, error } = await fixture.replay({ window, preflight: false });
        const operation: Operation | undefined = disk.operations[at];
        const what = `${errno} at operation ${at}, ${operation?.name} of ${operation?.path}`;
        disk.failAt = -1;
        runs += 1;
        names.set(operation?.name ?? '', (names.get(operation?.name ?? '') ?? 0) + 1);
        if (error === undefined) {
          // only operations after the work may fail silently
          ignored += 1;
          expect([what, code]).toEqual([what, 3]);
        } else {
          failed += 1;
          expect([what, error.code, code]).toEqual([what, 'E_OUTPUT', 8]);
          expect(error.message).toContain(errno);
          // a temporary file is left only when removing it was what failed
          const left = readdirSync(fixture.folder.path).filter((name) => name.endsWith('.tmp'));
          if (operation?.name !== 'rm') expect([what, left]).toEqual([what, []]);
          const saved = fixture.recording.saved();
          const again = await fixture.resume({ window, preflight: false });
          expect([what, again.code, again.error]).toEqual([what, 3, undefined]);
          if (saved !== undefined) expect(again.notices.join()).toContain('resuming at byte');
        }
        const lines = fixture.recording.rejected().map((reject) => reject.line);
        expect([what, lines.length, new Set(lines).size]).toEqual([what, BAD, BAD]);
        await fixture.expectEqual(EVENTS);
        await fixture.close();
      }
    }
    console.log(
      `file operations: ${total} of one run, ${runs} failures injected (${[...names].map(([name, count]) => `${name} ${count}`).join(', ')}), ` +
        `${failed} ended with exit 8, ${ignored} did no harm, 0 lost after --resume`,
    );
  }, 600_000);
});

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holderText, parseHolder, type Holder } from '../../../src/files/lock-holder.ts';
import { acquireLock } from '../../../src/files/lock.ts';
import { alterations } from '../../harness/alter.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
let notices: string[];
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'deep', 'a.lock');
  notices = [];
});
afterEach(() => folder.remove());

const acquire = (waitMs = 0, breakLock = false) =>
  acquireLock({ path, what: 'the checkpoint', command: 'scan', waitMs, breakLock, notice: (one) => notices.push(one) });

/** Leaves the lock of another process. */
async function leave(changes: Partial<Holder>): Promise<string> {
  const lock = await acquire();
  const own = parseHolder(readFileSync(path, 'utf8'))!;
  await lock.release();
  const text = holderText({ ...own, ...changes });
  writeFileSync(path, text);
  return text;
}

const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

describe('acquireLock', () => {
  it('takes over the lock of another machine when the caller rules out that both run', async () => {
    await leave({ host: 'a-container-that-died' });
    await expect(acquire()).rejects.toMatchObject({ code: 'E_LOCKED' });
    const notice = (sentence: string) => notices.push(sentence);
    const options = { path, what: 'the data folder', command: 'scan', waitMs: 0, otherHostsAreGone: true, notice };
    await (await acquireLock(options)).release();
    expect(notices.join()).toContain('taking over the lock of pid');
  });

  it('creates a private file that names the holder, and removes it', async () => {
    const lock = await acquire();
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname(), command: 'scan' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await lock.release();
    expect(readdirSync(join(folder.path, 'deep'))).toEqual([]);
  });

  it('refuses a second holder and names the first', async () => {
    const lock = await acquire();
    await expect(acquire()).rejects.toMatchObject({
      code: 'E_LOCKED',
      exit: 11,
      message: expect.stringMatching(
        new RegExp(`^the checkpoint is in use by pid ${process.pid} on .* since \\d{4}-.*Z \\(scan\\): .*a\\.lock$`),
      ) as string,
    });
    expect(existsSync(path)).toBe(true);
    await lock.release();
    await (await acquire()).release();
  });

  it('waits for the holder as long as it was told', async () => {
    const lock = await acquire();
    const waiting = acquire(5_000);
    setTimeout(() => void lock.release(), 100);
    await (await waiting).release();
  });

  it('lets one of many have it at a time', async () => {
    await leave({ pid: deadPid() });
    let holders = 0;
    let most = 0;
    const turns = Array.from({ length: 8 }, async () => {
      const lock = await acquire(20_000);
      holders += 1;
      most = Math.max(most, holders);
      await new Promise((resolve) => setTimeout(resolve, 10));
      holders -= 1;
      await lock.release();
    });
    await Promise.all(turns);
    expect(most).toBe(1);
  });

  it.each<[string, () => Partial<Holder>]>([
    ['whose process is gone', () => ({ pid: deadPid() })],
    ['of an earlier start of the machine', () => ({ boot: 'another' })],
  ])('takes a lock over %s', async (_, changes) => {
    await leave(changes());
    await (await acquire()).release();
    expect(notices).toEqual([expect.stringMatching(/^taking over the lock of pid \d+, which is gone: .+$/)]);
  });

  it('leaves the lock of another machine alone', async () => {
    await leave({ pid: deadPid(), host: 'elsewhere' });
    await expect(acquire()).rejects.toMatchObject({ code: 'E_LOCKED', exit: 11 });
    expect(notices).toEqual([]);
  });

  it.each(['', '{', 'null', '{}', '{"pid":"1"}'])('refuses a lock file that holds %j', async (text) => {
    await (await acquire()).release();
    writeFileSync(path, text);
    await expect(acquire()).rejects.toMatchObject({ code: 'E_LOCKED', exit: 11, message: `the lock file ${path} is damaged` });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('takes a damaged lock, and that of a living process, where it is told to', async () => {
    const lock = await acquire();
    await (await acquire(0, true)).release();
    await lock.release();
    writeFileSync(path, '{');
    await (await acquire(0, true)).release();
    expect(notices).toEqual([
      `taking over the lock of pid ${process.pid}: the checkpoint`,
      'taking over a damaged lock: the checkpoint',
    ]);
  });

  it('leaves the lock of a process that broke its lock', async () => {
    const broken = await acquire();
    const lock = await acquire(0, true);
    await broken.release();
    await expect(acquire()).rejects.toMatchObject({ code: 'E_LOCKED' });
    await lock.release();
    expect(existsSync(path)).toBe(false);
  });

  it('never takes the lock of a living process, whatever becomes of its file', async () => {
    const text = await leave({});
    await fc.assert(
      fc.asyncProperty(alterations(text), async (altered) => {
        writeFileSync(path, altered);
        await expect(acquire()).rejects.toMatchObject({ code: 'E_LOCKED', exit: 11 });
        expect(readFileSync(path, 'utf8')).toBe(altered);
      }),
      { numRuns: 400 },
    );
    expect(notices).toEqual([]);
  });

  it('takes the lock of a dead process only as it was written', async () => {
    const text = await leave({ boot: 'another' });
    let [taken, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.oneof({ weight: 9, arbitrary: alterations(text) }, fc.constant(text)), async (altered) => {
        writeFileSync(path, altered);
        const lock = await acquire().catch((error: unknown) => error as { code: string; exit: number });
        if ('release' in lock) {
          taken += 1;
          expect(parseHolder(altered)).toEqual(parseHolder(text));
          await lock.release();
        } else {
          refused += 1;
          expect([lock.code, lock.exit]).toEqual(['E_LOCKED', 11]);
        }
      }),
      { numRuns: 250 },
    );
    expect([taken > 0, refused > 0]).toEqual([true, true]);
  });

  it('says so when the folder cannot be made', async () => {
    path = join('/dev/null', 'a.lock');
    await expect(acquire()).rejects.toMatchObject({ code: 'E_OUTPUT', exit: 8 });
  });
});

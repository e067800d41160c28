import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Spool } from '../../../src/files/spool.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mqdyn-spool-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (path = folder, limit = 1 << 30) => Spool.open({ folder: path, limit, command: 'test', notice: () => undefined });
const record = (text: string, at = 1_714_727_725_004.5) => ({ at, bytes: Buffer.from(text) });

/** Everything that is not applied, in order. */
async function contents(spool: Spool): Promise<{ at: number; text: string }[]> {
  const all: { at: number; text: string }[] = [];
  for (let frame = await spool.read(); frame !== undefined; frame = await spool.read()) {
    all.push(...frame.records.map(({ at, bytes }) => ({ at, text: bytes.toString() })));
  }
  return all;
}

/** What a kill would leave, in another folder. */
function killed(): string {
  const copy = join(folder, 'copy');
  mkdirSync(copy, { mode: 0o700 });
  for (const name of files()) copyFileSync(join(folder, name), join(copy, name));
  return copy;
}

const files = (path = folder) => readdirSync(path).filter((name) => name.endsWith('.spool'));

describe('a spool', () => {
  it('gives records back in order, with the time of their arrival, also after a kill', async () => {
    const spool = await open();
    await Promise.all(['a', 'b', 'c'].map((text) => spool.append([record(text)])));
    await spool.append([record('d', 1), record('{"e":"\n"}', 2)]);
    const next = await open(killed());
    await spool.close();
    const at = 1_714_727_725_004.5;
    expect(await contents(next)).toEqual([
      { at, text: 'a' },
      { at, text: 'b' },
      { at, text: 'c' },
      { at: 1, text: 'd' },
      { at: 2, text: '{"e":"\n"}' },
    ]);
    expect(next.isRead).toBe(true);
    await next.close();
  });

  it('is private, and has one process at a time', async () => {
    const inner = join(folder, 'deep', 'spool');
    const spool = await open(inner);
    await spool.append([record('a')]);
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    expect(statSync(join(inner, files(inner)[0]!)).mode & 0o777).toBe(0o600);
    await expect(open(inner)).rejects.toMatchObject({ code: 'E_LOCKED' });
    await spool.close();
    chmodSync(folder, 0o777);
    await expect(open()).rejects.toMatchObject({ code: 'E_LOCKED', message: `spool ${folder} is writable by others (mode 777)` });
  });

  it('removes what is applied, and goes on behind it', async () => {
    const spool = await open();
    await spool.append([record('a')]);
    const first = await spool.read();
    await spool.append([record('b')]);
    await spool.release(first!.end);
    expect(spool.bytes).toBe(12 + 12 + 1);
    await spool.close();
    const next = await open();
    expect(await contents(next)).toMatchObject([{ text: 'b' }]);
    next.rewind();
    const again = await next.read();
    expect(again).toMatchObject({ leftover: true });
    await next.release(again!.end);
    expect(next.bytes).toBe(0);
    await next.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('takes no more than its limit', async () => {
    const spool = await open(folder, 100);
    expect(spool.hasRoom([record('x'.repeat(77))])).toBe(false);
    expect(spool.hasRoom([record('x'.repeat(76))])).toBe(true);
    await spool.append([record('x'.repeat(50))]);
    expect(spool.hasRoom([record('x')])).toBe(true);
    expect(spool.hasRoom([record('xxx')])).toBe(false);
    const frame = await spool.read();
    await spool.release(frame!.end);
    await spool.close();
  });

  it('gives disk space back while it is used, file by file', async () => {
    const spool = await open();
    const large = record('x'.repeat(1 << 20));
    for (let index = 0; index < 20; index += 1) {
      await spool.append([large]);
      if (index < 10) continue;
      const frame = await spool.read();
      await spool.release(frame!.end);
    }
    expect(files().length).toBeLessThanOrEqual(3);
    for (let frame = await spool.read(); frame !== undefined; frame = await spool.read()) await spool.release(frame.end);
    // the last one as well, because it is large
    expect([files(), spool.bytes]).toEqual([[], 0]);
    await spool.append([record('after')]);
    expect(await contents(spool)).toMatchObject([{ text: 'after' }]);
    await spool.close();
  });

  it('shares a flush among those that wait for it', async () => {
    const spool = await open();
    await Promise.all(Array.from({ length: 100 }, (_, index) => spool.append([record(String(index))])));
    const frames: number[] = [];
    for (let frame = await spool.read(); frame !== undefined; frame = await spool.read()) frames.push(frame.records.length);
    expect(frames.length).toBeLessThan(5);
    expect(frames.reduce((sum, count) => sum + count, 0)).toBe(100);
    await spool.close();
  });
});

describe('a spool that was cut off', () => {
  it('at every byte keeps every whole commit before the cut, and takes more', async () => {
    const spool = await open();
    const commits = [['a'], ['bb', 'cc'], ['{"d":1}'], ['e'.repeat(40)]];
    const ends: number[] = [];
    for (const texts of commits) {
      await spool.append(texts.map((text) => record(text)));
      ends.push(statSync(join(folder, files()[0]!)).size);
    }
    const whole = readFileSync(join(folder, files()[0]!));
    expect(whole.length).toBe(ends.at(-1));
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const path = join(folder, `cut-${cut}`);
      mkdirSync(path, { mode: 0o700 });
      writeFileSync(join(path, '00000001.spool'), whole.subarray(0, cut), { mode: 0o600 });
      const next = await open(path);
      await next.append([record('new')]);
      const kept = commits.filter((_, index) => ends[index]! <= cut).flat();
      expect([cut, (await contents(next)).map(({ text }) => text)]).toEqual([cut, [...kept, 'new']]);
      await next.close();
      const third = await open(path);
      expect((await contents(third)).map(({ text }) => text)).toEqual([...kept, 'new']);
      await third.close();
    }
    await spool.close();
  });

  it('and damaged before its end is refused, not shortened', async () => {
    const spool = await open();
    for (const text of ['first', 'second', 'third']) await spool.append([record(text)]);
    const file = join(folder, files()[0]!);
    const whole = readFileSync(file);
    const second = whole.indexOf('second');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: second + 5 }), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const path = mkdtempSync(join(folder, 'damaged-'));
        const damaged = Buffer.from(whole);
        damaged[at] = damaged[at]! ^ flip;
        writeFileSync(join(path, '00000001.spool'), damaged);
        await expect(open(path)).rejects.toMatchObject({ code: 'E_SPOOL' });
        expect(readFileSync(join(path, '00000001.spool'))).toEqual(damaged);
      }),
      { numRuns: 100 },
    );
    await spool.close();
  });

  it('goes on from the beginning where its position is damaged', async () => {
    const spool = await open();
    await spool.append([record('a')]);
    await spool.append([record('b')]);
    const frame = await spool.read();
    await spool.release(frame!.end);
    await spool.close();
    copyFileSync(join(folder, 'position'), join(folder, 'kept'));
    for (const text of ['', '{"segment":1', '{"segment":7,"offset":0}\n', '{"segment":1,"offset":9999}\n']) {
      writeFileSync(join(folder, 'position'), text);
      const next = await open();
      expect((await contents(next)).map((one) => one.text)).toEqual(['a', 'b']);
      await next.close();
    }
  });

  it('is saved a second after the last release, so that a kill later repeats nothing', async () => {
    const spool = await open();
    for (const text of ['a', 'b']) await spool.append([record(text)]);
    await spool.release((await spool.read())!.end);
    await delay(1_300);
    const copy = killed();
    copyFileSync(join(folder, 'position'), join(copy, 'position'));
    const next = await open(copy);
    expect((await contents(next)).map(({ text }) => text)).toEqual(['b']);
    await next.close();
    await spool.close();
  });

  it('that cannot be saved is told, and the spool goes on', async () => {
    const notices: string[] = [];
    const spool = await Spool.open({ folder, limit: 1 << 30, command: 'test', notice: (sentence) => notices.push(sentence) });
    mkdirSync(join(folder, 'position'));
    for (const text of ['a', 'b']) await spool.append([record(text)]);
    await spool.release((await spool.read())!.end);
    await delay(1_300);
    expect(notices).toEqual([expect.stringContaining('after a kill some events are applied again')]);
    expect((await contents(spool)).map(({ text }) => text)).toEqual(['b']);
    rmSync(join(folder, 'position'), { recursive: true });
    await spool.close();
  });
});

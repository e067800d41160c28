import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { DataFile } from '../../../src/files/data-file.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

let files = 0;
const nextPath = () => join(folder.path, `${(files += 1)}.json.gz`);

async function write(lines: readonly string[], rooms: readonly boolean[] = []) {
  const path = nextPath();
  const file = await DataFile.create(path);
  for (const [index, line] of lines.entries()) {
    file.add(line);
    if (rooms[index] ?? true) await file.room();
  }
  return { path, facts: await file.finish() };
}

it('tells its lines, its sizes and the digests of its bytes', async () => {
  const { path, facts } = await write(['ä', 'b']);
  const bytes = readFileSync(path);
  const md5 = createHash('md5').update(bytes).digest();
  expect(facts).toEqual({
    itemCount: 2,
    bytes: bytes.length,
    textBytes: 5,
    md5: md5.toString('base64'),
    etag: `${createHash('md5').update(md5).digest('hex')}-1`,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  });
  expect(gunzipSync(bytes).toString('utf8')).toBe('ä\nb\n');
});

it('is for its owner alone, and has its name only when it is complete', async () => {
  const path = nextPath();
  const file = await DataFile.create(path);
  file.add('x');
  expect([existsSync(path), statSync(`${path}.partial`).mode & 0o777]).toEqual([false, 0o600]);
  await file.finish();
  expect([statSync(path).mode & 0o777, existsSync(`${path}.partial`)]).toEqual([0o600, false]);
});

it('keeps an abandoned file as .partial, and a new one replaces it', async () => {
  const path = nextPath();
  const file = await DataFile.create(path);
  file.add('old');
  await file.abandon();
  expect([existsSync(path), existsSync(`${path}.partial`)]).toEqual([false, true]);
  const again = await DataFile.create(path);
  again.add('new');
  await again.finish();
  expect(gunzipSync(readFileSync(path)).toString('utf8')).toBe('new\n');
});

it('is the same file for the same lines, in whatever pieces they were written', async () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('x'.repeat(70_000), 'ü'.repeat(33_000)));
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 30 }), fc.array(fc.boolean(), { maxLength: 30 }), async (lines, rooms) => {
      const [one, other] = [await write(lines), await write(lines, rooms)];
      expect(other.facts).toEqual(one.facts);
    }),
    { numRuns: 40 },
  );
});

it('fails where its folder is gone', async () => {
  await expect(DataFile.create(join(folder.path, 'nowhere', 'x.json.gz'))).rejects.toMatchObject({ code: 'E_OUTPUT', exit: 8 });
});

it.runIf(existsSync('/dev/full'))('fails where the disk takes no more', async () => {
  const file = await DataFile.create(nextPath());
  // in the place of its own file one of a device that is always full
  const { file: own } = file as unknown as { file: FileHandle };
  await own.close();
  Object.assign(file, { file: await open('/dev/full', 'w') });
  for (let line = 0; line < 40; line += 1) file.add('x'.repeat(9_000));
  await expect(file.room().then(() => file.finish())).rejects.toMatchObject({ code: 'E_OUTPUT', exit: 8 });
  await file.abandon();
});

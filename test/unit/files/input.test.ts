import { Buffer } from 'node:buffer';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { findInput, readBytes, readInput } from '../../../src/files/input.ts';
import type { Line } from '../../../src/files/lines.ts';
import { temporaryFolder } from '../../harness/run-command.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** All lines of an input that comes in these chunks on stdin. */
async function linesOf(chunks: readonly Buffer[], maxLine = 1 << 20): Promise<Line[]> {
  return collected(readInput({ name: '-' }, { stdin: Readable.from(chunks), maxLine, framing: 'lines' }).records);
}

async function collected(blocks: AsyncIterable<readonly Line[]>): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const block of blocks) lines.push(...block);
  return lines;
}

const texts = async (text: string) => (await linesOf([Buffer.from(text)])).map(({ bytes }) => bytes.toString());

/** What a line says, however it is held. Text that was decoded already is that of the bytes. */
function plain({ number, offset, end, bytes, text, tooLong, unterminated }: Line): object {
  if (text !== undefined) expect(text).toBe(bytes.toString());
  return { number, offset, end, text: bytes.toString('latin1'), tooLong, unterminated };
}

/** Cuts bytes at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at
    .slice(1)
    .map((end, index) => bytes.subarray(at[index], end))
    .filter((chunk) => chunk.length > 0);
}

describe('lines', () => {
  it.each<[string, string, string[]]>([
    ['LF', 'a\nb\n', ['a', 'b']],
    ['CRLF', 'a\r\nb\r\n', ['a', 'b']],
    ['one CR only is taken off', 'a\r\r\n', ['a\r']],
    ['a lone CR stays', 'a\rb\n', ['a\rb']],
    ['Unicode line separators stay', 'a\u2028b\u2029c\u0085d\n', ['a\u2028b\u2029c\u0085d']],
    ['a byte-order mark in front is skipped', '\ufeffa\nb', ['a', 'b']],
    ['one anywhere else stays', 'a\n\ufeffb\n', ['a', '\ufeffb']],
    ['blank lines are left out', '\n\na\n \t\r\n\nb\n\n', ['a', 'b']],
    ['nothing', '', []],
    ['a byte-order mark alone', '\ufeff', []],
    ['no LF at the end', 'a\nb', ['a', 'b']],
  ])('%s', async (_, text, expected) => {
    expect(await texts(text)).toEqual(expected);
  });

  it('know their number, their offset and whether they were terminated', async () => {
    const lines = await linesOf([Buffer.from('\ufeffä\r\n\nbc\nd')]);
    expect(lines.map(({ number, offset, unterminated }) => [number, offset, unterminated])).toEqual([
      [1, 0, undefined],
      [3, 8, undefined],
      [4, 11, true],
    ]);
  });

  it('are the same however the bytes are chunked', async () => {
    const text = fc
      .array(fc.constantFrom('\n', '\r', '\r\n', ' ', 'a', 'ä', '😀', '\u2028', '\ufeff', 'xxxxxxxx'), { maxLength: 40 })
      .map((parts) => Buffer.from(parts.join('')));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(), { maxLength: 10 }), async (bytes, places) => {
        expect((await linesOf(cut(bytes, places), 12)).map(plain)).toEqual((await linesOf([bytes], 12)).map(plain));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['as long as allowed', 16, undefined],
    ['one byte longer', 17, 17],
    ['much longer', 100_000, 100_000],
  ])('%s', async (_, length, tooLong) => {
    const line = Buffer.alloc(length, 'x');
    const [first, second] = await linesOf([Buffer.concat([line, Buffer.from('\nnext\n')])], 16);
    expect(first!.tooLong).toEqual(
      tooLong === undefined ? undefined : { length: tooLong, sha256: createHash('sha256').update(line).digest('hex') },
    );
    expect(line.subarray(0, first!.bytes.length)).toEqual(first!.bytes);
    expect(second).toMatchObject({ number: 2, offset: length + 1, bytes: Buffer.from('next') });
  });
});

describe('inputs', () => {
  const file = (name: string, bytes: Buffer | string) => {
    const path = join(folder.path, name);
    writeFileSync(path, bytes);
    return path;
  };
  const linesOfFile = async (path: string) =>
    (await collected(readInput(await findInput(path), { stdin: Readable.from([]), maxLine: 1 << 20 }).records)).map(({ bytes }) =>
      bytes.toString(),
    );

  it.each([
    ['a plain file', Buffer.from('a\nb\n'), ['a', 'b']],
    ['a gzip file', gzipSync('a\nb\n'), ['a', 'b']],
    ['several gzip members', Buffer.concat([gzipSync('a\n'), gzipSync('b\n')]), ['a', 'b']],
    ['an empty file', Buffer.alloc(0), []],
    ['an empty gzip file', gzipSync(''), []],
  ])('%s', async (name, bytes, expected) => {
    expect(await linesOfFile(file(name, bytes))).toEqual(expected);
  });

  it('may be gzip on stdin too', async () => {
    const packed = gzipSync('a\nb\n');
    for (const place of [1, 2, 5]) {
      const lines = await linesOf([packed.subarray(0, place), packed.subarray(place)]);
      expect(lines.map(({ bytes }) => bytes.toString())).toEqual(['a', 'b']);
    }
  });

  it('may come from a pipe without a name', async () => {
    // what a shell passes for <(command): a descriptor that stands for no path
    // cat waits for its input, so the pipe stays open during the test
    const writer = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
    const { fd } = (writer.stdout as unknown as { _handle: { fd: number } })._handle;
    expect((await findInput(`/dev/fd/${fd}`)).path).toBe(`/dev/fd/${fd}`);
    writer.kill();
  });

  it('may come from a named pipe', async () => {
    const fifo = join(folder.path, 'fifo');
    execFileSync('sh', ['-c', `mkfifo '${fifo}'`]);
    const writer = spawn('sh', ['-c', `printf 'a\\nb\\n' > '${fifo}'`]);
    expect(await linesOfFile(fifo)).toEqual(['a', 'b']);
    expect(writer.exitCode ?? 0).toBe(0);
  });

  it.each([
    ['a folder', 'd', 'is a directory, not a file'],
    ['what is not there', 'none', 'cannot be read (ENOENT)'],
    ['what lies under a file', 'f/x', 'cannot be read (ENOTDIR)'],
  ])('refuse %s', async (_, name, message) => {
    mkdirSync(join(folder.path, 'd'), { recursive: true });
    file('f', '');
    const path = join(folder.path, name);
    await expect(findInput(path)).rejects.toMatchObject({ code: 'E_INPUT', exit: 4, message: `${path} ${message}` });
  });
});

describe('a record that is read again', () => {
  it.each(['a\nb\n', 'a\r\nb\r\n', 'a\r\r\nb\r\r', '\ufeffa\n\ufeffb\n', '\ufeffa\r\n\r\nb\r', '\ufeffa', 'a\rb', '{}\n{}'])(
    'is what the splitter gave of %j',
    async (text) => {
      const path = join(folder.path, 'again.txt');
      writeFileSync(path, text);
      const lines = await collected(readInput(await findInput(path), { stdin: Readable.from([]), maxLine: 1 << 20 }).records);
      expect(lines.length).toBeGreaterThan(0);
      for (const { offset, end, bytes } of lines) expect((await readBytes(path, offset, end)).toString()).toBe(bytes.toString());
    },
  );
});

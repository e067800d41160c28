import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MqdynError } from '../domain/errors.ts';
import { DocumentSplitter, framingOf, type Framing } from './documents.ts';
import { isErrno, readFault } from './errors.ts';
import { untilStopped } from './until-stopped.ts';
import { LineSplitter, recordIn, type Line, type Position } from './lines.ts';

/** What makes a file the same file when a run goes on later. */
export type FileIdentity = {
  path: string;
  /** Tells the file from another one that takes its name. */
  inode: string;
  size: number;
  mtimeMs: number;
  /** SHA-256 of the first `headBytes` bytes, at most 64 KiB. */
  head: string;
  headBytes: number;
  /** True for gzip: offsets are those of the unpacked stream. */
  gzipped: boolean;
};

export type InputFile = {
  /** As the user named it; `-` is stdin. */
  name: string;
  /** Undefined for stdin and pipes. */
  identity?: FileIdentity;
  /** Path to open; undefined for stdin. */
  path?: string;
};

/** An input that can be looked at again. */
export type KnownInput = InputFile & { identity: FileIdentity };

export function isKnown(input: InputFile): input is KnownInput {
  return input.identity !== undefined;
}

/** A stream of records that knows how it was cut and how far it got. */
export type RecordStream = { records: AsyncGenerator<Line[]>; framing(): Framing | undefined; bytesRead(): number };

const GZIP_MAGIC = [0x1f, 0x8b];
/** Large pieces: each costs the same few calls. */
const READ_SIZE = 1 << 20;
const HEAD_BYTES = 1 << 16;
const BEGINNING: Position = { offset: 0, number: 1 };

/** Looks an input up before anything is written: it must exist, be readable and be no directory. */
export async function findInput(name: string): Promise<InputFile> {
  if (name === '-') return { name };
  try {
    const facts = await stat(name);
    if (facts.isDirectory()) throw new MqdynError('E_INPUT', `${name} is a directory, not a file`);
    // a pipe, for instance /dev/fd/63, has no real path
    if (!facts.isFile()) return { name, path: name };
    const path = await realpath(name);
    return { name, path, identity: await identify(path) };
  } catch (error) {
    throw readFault(name, error);
  }
}

/** What can be known of a file without reading it whole. `headBytes` repeats the digest of an earlier look. */
export async function identify(path: string, headBytes = HEAD_BYTES): Promise<FileIdentity> {
  const file = await open(path, 'r');
  try {
    const { size, mtimeMs, dev, ino } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, headBytes)), 0, Math.min(size, headBytes), 0);
    const head = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
    return { path, inode: `${dev}:${ino}`, size, mtimeMs, head, headBytes: bytesRead, gzipped: isGzip(buffer) };
  } finally {
    await file.close();
  }
}

/** A record of a plain file once more, as the splitter gave it. */
export async function readBytes(path: string, offset: number, end: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - offset), 0, end - offset, offset);
    return recordIn(buffer.subarray(0, bytesRead), offset);
  } finally {
    await file.close();
  }
}

function isGzip(beginning: Buffer): boolean {
  return beginning[0] === GZIP_MAGIC[0] && beginning[1] === GZIP_MAGIC[1];
}

export type ReadOptions = {
  /** Only where an input may be it. */
  stdin?: Readable;
  maxLine: number;
  from?: Position;
  framing?: Framing | undefined;
  /** Ends a pipe where it is, as if its writer had ended: what has been written to it by then is read first. */
  stop?: AbortSignal;
};

/** Streams the records of an input, plain or gzip (recognised by its first bytes), from the beginning or from where a run stopped. */
export function readInput(input: InputFile, options: ReadOptions): RecordStream {
  const state: { framing: Framing | undefined; bytes: number } = { framing: options.framing, bytes: 0 };
  return { records: readRecords(input, options, state), framing: () => state.framing, bytesRead: () => state.bytes };
}

async function* readRecords(
  input: InputFile,
  { stdin, maxLine, from = BEGINNING, framing, stop }: ReadOptions,
  state: { framing: Framing | undefined; bytes: number },
): AsyncGenerator<Line[]> {
  const raw = input.path === undefined ? stdin : createReadStream(input.path, { highWaterMark: READ_SIZE });
  if (raw === undefined) throw new Error(`${input.name} has no path`);
  try {
    const bytes = stop === undefined ? raw : untilStopped(raw, stop);
    const chunks = skipping(unpacked(counted(bytes, state)), from.offset);
    let splitter: LineSplitter | DocumentSplitter | undefined;
    for await (const chunk of chunks) {
      if (splitter === undefined) {
        state.framing = framing ?? framingOf(chunk);
        splitter = state.framing === 'lines' ? new LineSplitter(maxLine, from) : new DocumentSplitter(maxLine, from);
      }
      yield splitter.push(chunk);
    }
    const last = splitter?.end();
    if (last) yield [last];
  } catch (error) {
    throw isDamage(error) ? damaged(input, state.bytes, error) : readFault(input.name, error);
  } finally {
    raw.destroy();
  }
}

/** Leaves out the bytes that an earlier run has dealt with. They are read again, because a gzipped stream has no other way. */
async function* skipping(chunks: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let rest = offset;
  for await (const chunk of chunks) {
    if (rest >= chunk.length) rest -= chunk.length;
    else {
      yield rest === 0 ? chunk : chunk.subarray(rest);
      rest = 0;
    }
  }
}

async function* counted(raw: AsyncIterable<Buffer>, state: { bytes: number }): AsyncGenerator<Buffer> {
  for await (const chunk of raw) {
    state.bytes += chunk.length;
    yield chunk;
  }
}

async function* unpacked(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const first = await beginningOf(source);
  if (first.length === 0) return;
  if (isGzip(first)) {
    yield* gunzip(first, source);
    return;
  }
  yield first;
  yield* source;
}

/** The first chunk, or as many as it takes to tell gzip; empty at the end. */
async function beginningOf(source: AsyncGenerator<Buffer>): Promise<Buffer> {
  let beginning: Buffer = Buffer.alloc(0);
  while (beginning.length < GZIP_MAGIC.length) {
    const { done, value } = await source.next();
    if (done) break;
    beginning = beginning.length === 0 ? value : Buffer.concat([beginning, value]);
  }
  return beginning;
}

async function* gunzip(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const compressed = async function* () {
    yield first;
    yield* rest;
  };
  const source = Readable.from(compressed(), { objectMode: false, highWaterMark: READ_SIZE });
  const unpacker = createGunzip({ chunkSize: READ_SIZE });
  source.on('error', (error) => unpacker.destroy(error));
  yield* source.pipe(unpacker) as AsyncIterable<Buffer>;
}

const DAMAGE = new Set(['Z_BUF_ERROR', 'Z_DATA_ERROR']);

function isDamage(error: unknown): boolean {
  return isErrno(error) && DAMAGE.has(error.code);
}

/** Damage is known only where it is met: what came before has been applied by then. */
function damaged({ name }: InputFile, byte: number, error: unknown): MqdynError {
  const unverified = isErrno(error) && error.code === 'Z_DATA_ERROR' ? '; their content could not be verified' : '';
  return new MqdynError('E_INPUT_DAMAGED', `${name} is damaged at byte ${byte}; the events before it were applied${unverified}`, {
    cause: error,
  });
}

/** The bytes of an input, unpacked; `stdin` stands for one without a path. Damage is E_INPUT. */
export async function* unpackedBytes(input: InputFile, stdin: Readable | undefined): AsyncGenerator<Buffer> {
  const raw = input.path === undefined ? stdin : createReadStream(input.path, { highWaterMark: READ_SIZE });
  if (raw === undefined) throw new Error(`${input.name} has no path`);
  try {
    yield* unpacked(counted(raw, { bytes: 0 }));
  } catch (error) {
    throw isDamage(error)
      ? new MqdynError('E_INPUT', `${input.name} is damaged`, { cause: error })
      : readFault(input.name, error);
  } finally {
    raw.destroy();
  }
}

/** Reads an input to its end and throws where it is damaged, so that nothing is written then. */
export async function verifyInput(input: InputFile): Promise<void> {
  if (input.path === undefined) throw new MqdynError('E_USAGE', '--verify-input cannot read stdin twice');
  const raw = createReadStream(input.path, { highWaterMark: READ_SIZE });
  const state = { bytes: 0 };
  try {
    for await (const _ of unpacked(counted(raw, state)));
  } catch (error) {
    if (!isDamage(error)) throw readFault(input.name, error);
    throw new MqdynError('E_INPUT_DAMAGED', `${input.name} is damaged at byte ${state.bytes}`, {
      cause: error,
      exit: 4,
      hint: 'Nothing was written.',
    });
  } finally {
    raw.destroy();
  }
}

import { createReadStream } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { MqdynError } from '../domain/errors.ts';
import { readFault } from './errors.ts';
import { readLines, type Line } from './lines.ts';

export type InputFile = {
  /** As the user named it; `-` is stdin. */
  name: string;
  /** Where it really is; undefined for stdin. */
  path?: string;
  /** Size on disk in bytes; undefined for pipes and stdin. */
  bytes?: number;
};

const GZIP_MAGIC = [0x1f, 0x8b];

/** Looks an input up before anything is written: it must exist, be readable and be no directory. */
export async function findInput(name: string): Promise<InputFile> {
  if (name === '-') return { name };
  try {
    const facts = await stat(name);
    if (facts.isDirectory()) throw new MqdynError('E_INPUT', `${name} is a directory, not a file`);
    await (await open(name, 'r')).close();
    const path = await realpath(name);
    return facts.isFile() ? { name, path, bytes: facts.size } : { name, path };
  } catch (error) {
    throw readFault(name, error);
  }
}

/** Streams the lines of an input, plain or gzip (told by its first bytes). */
export async function* inputLines(input: InputFile, stdin: Readable, maxLine: number): AsyncGenerator<Line[]> {
  const raw = input.path === undefined ? stdin : createReadStream(input.path, { highWaterMark: 1 << 18 });
  try {
    const first = await firstChunk(raw);
    if (first === undefined) return;
    const packed = first[0] === GZIP_MAGIC[0] && first[1] === GZIP_MAGIC[1];
    const stream = packed ? gunzip(raw) : raw;
    yield* readLines(stream, maxLine);
  } catch (error) {
    throw readFault(input.name, error);
  } finally {
    raw.destroy();
  }
}

/** The first chunk, left in the stream for the real reader. */
async function firstChunk(stream: Readable): Promise<Buffer | undefined> {
  const chunk = await new Promise<Buffer | null>((resolve, reject) => {
    const take = () => {
      const read = stream.read() as Buffer | null;
      if (read === null && !stream.readableEnded) return;
      stop();
      resolve(read);
    };
    const end = () => {
      stop();
      resolve(null);
    };
    const fail = (error: Error) => {
      stop();
      reject(error);
    };
    const stop = () => {
      stream.off('readable', take).off('end', end).off('error', fail);
    };
    stream.on('readable', take).on('end', end).on('error', fail);
  });
  if (chunk === null) return undefined;
  stream.unshift(chunk);
  return chunk;
}

function gunzip(raw: Readable): Readable {
  const unpacked = createGunzip();
  raw.on('error', (error) => unpacked.destroy(error));
  return raw.pipe(unpacked);
}
